"""Form widget of the Markdown editor."""

from markdownx.widgets import AdminMarkdownxWidget, MarkdownxWidget


class MarkdownWidget(AdminMarkdownxWidget):
    """A textarea with a preview of the public page beside it, and uploads of pictures and files.

    The preview uses the edition of the Code that is chosen in the field `code` of the same form.
    """

    template_name = "editor/widget.html"

    class Media:
        extend = False
        css = {"all": ["admin/editor.css"]}
        # editor.js first: its listeners have to run before those of markdownx.js.
        js = ["admin/editor.js", *MarkdownxWidget.Media.js]
