"""Importers: make a version of a source from the PDF or XML file that its publisher offers.

They read a file and return records, for a person to review: they fetch nothing and write nothing, except `output`,
which writes the records to a content folder. Only the command import_law uses them. They need the packages of the
extra `law`, which the image does not have.
"""
