"""Operations: start, health checks, doctor, backups."""
