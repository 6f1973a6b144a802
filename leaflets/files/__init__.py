"""Text files that people write: YAML fields, problems with line numbers, digests. No Django here."""
