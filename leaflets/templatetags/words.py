"""The tag that explains the words of a leaflet."""

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.tag
def explain_words(parser: Parser, token: Token) -> "ExplainWords":
    """Link the words of the glossary in the sections of a leaflet, and list them below: `{% explain_words %}…{% endexplain_words %}`.

    Needs `edition` and `layout`. The pages that are linked at the foot of the site stay as they are.
    """
    nodes = parser.parse(("endexplain_words",))
    parser.delete_first_token()
    return ExplainWords(nodes)


class ExplainWords(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        html = self.nodelist.render(context)
        layout: Any = context.get("layout")
        if layout is None or context["edition"].placement != "leaflet":
            return html
        explained, used = layout.glossary.explain(html)
        if not used:
            return html
        drafts = sum(word.term.unapproved for word in used)
        below = render_to_string(
            "leaflets/_words.html",
            {"words": used, "all_drafts": drafts == len(used), "some_drafts": 0 < drafts < len(used)},
        )
        # The sections are safe, and links were added around their words.
        return mark_safe(explained + below)  # noqa: S308
