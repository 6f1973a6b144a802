"""Running the site: start, health checks, doctor, backups."""
