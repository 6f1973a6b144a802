"""Content files: reading, writing, rendering and comparing them.

One Markdown file per leaflet, one YAML record for the service and one per edition of the Code. Readers do not stop at
the first mistake: they return what they understood together with every `Problem`. Writers give each file one
canonical form.

This package does not import Django: `load_leaflets --check` runs without a database.
"""
