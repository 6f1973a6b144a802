"""Writing leaflets in the admin: the staff's pages, the Markdown editor, its preview, and pictures.

django-markdownx gives the editor. Its own addresses are never included: they are open to anyone, trust what
they are sent, and show HTML unchecked. `views` takes their place.
"""
