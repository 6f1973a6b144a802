"""Reading of hand-written text files: YAML fields, problems with line numbers, digests. Does not import Django."""
