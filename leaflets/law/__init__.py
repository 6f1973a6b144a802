"""The law that leaflets cite: its records, and our quotations of it. No Django here."""
