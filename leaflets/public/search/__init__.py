"""The search: an index in the memory of each process, with SQLite and PostgreSQL alike, so that all give the same answers.

`query` normalises what people type, `documents` reads what can be found, `index` finds it, `provisions` finds numbers
of the law, and `engine` puts them together and keeps the index up to date.
"""
