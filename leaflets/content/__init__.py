"""Content files: what they say, and how to write them back.

One Markdown file per leaflet, one YAML record for the service and one per edition of the Code. Reading
never stops at the first mistake: it returns what it understood together with every `Problem`, so that a
person corrects a file once. Writing gives every file one canonical form.

No Django here: `load_leaflets --check` runs without a database.
"""
