"""HTML parsed for tests by libxml2, which takes a twentieth of the time of html5lib.

tests/public/test_html.py parses every page with html5lib too, as browsers do.
"""

from xml.etree.ElementTree import Element

from lxml import etree

SVG = "http://www.w3.org/2000/svg"


def parse(html: str) -> Element:
    """Return the `<html>` element of a page, as html5lib would without namespaces of HTML, and without comments."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, huge_tree=True)
    document = etree.fromstring(html.encode(), parser)
    # HTML 5 differs from libxml2 in these two.
    for element in document.iter("textarea", "pre"):
        element.text = (element.text or "").removeprefix("\n")
    for drawing in document.iter("svg"):
        for element in drawing.iter():
            element.tag = f"{{{SVG}}}{element.tag}"
    return document  # type: ignore[no-any-return]
