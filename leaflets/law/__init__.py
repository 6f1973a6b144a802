"""The SEND Code of Practice: its records, and the comparison of quotations with it. Does not import Django."""
