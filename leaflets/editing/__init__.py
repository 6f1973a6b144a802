"""Editing of leaflets in the admin: views, forms, the Markdown editor with its preview, and pictures.

The editor is that of django-markdownx. Its own URLs must not be included: they are open to everybody, trust their input
and return HTML that is not sanitised. `ajax` replaces them.
"""
