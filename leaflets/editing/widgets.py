"""The Markdown editor as a form field shows it."""

from markdownx.widgets import AdminMarkdownxWidget, MarkdownxWidget


class MarkdownWidget(AdminMarkdownxWidget):
    """A text with its preview beside it, as parents will see it, and a way to add a picture.

    The text may cite the edition of the Code that is chosen in the same form, in its field `code`.
    """

    template_name = "editor/widget.html"

    class Media:
        extend = False
        css = {"all": ["admin/editor.css"]}
        # Ours first: it has to hear of every key and every dropped file before the other one does.
        js = ["admin/editor.js", *MarkdownxWidget.Media.js]
