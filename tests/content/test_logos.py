"""The logo of a service: what draws is kept, and what could do anything else is refused."""

import io
import struct
import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st
from PIL import Image, PngImagePlugin

from leaflets.content.logo_colours import choose_background, find_colours
from leaflets.content.logos import MAX_LOGO_BYTES, LogoError, clean_logo, fit

SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(
    inside: str = '<path d="M0 0h9v9z"/>', attributes: str = 'viewBox="0 0 200 50"', before: str = ""
) -> bytes:
    return f"{before}<svg {SVG} {attributes}>{inside}</svg>".encode("utf-8", "replace")


def png(width: int = 200, height: int = 50, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), "#0b4a55").save(file, "PNG", **options)
    return file.getvalue()


def cleaned(content: bytes) -> str:
    return clean_logo(content).content.decode()


# SVG


def test_an_svg_keeps_what_draws():
    logo = clean_logo(svg('<g fill="#0b4a55"><circle cx="5" cy="5" r="4"/></g>'))

    assert (logo.extension, logo.width, logo.height) == ("svg", 200, 50)
    assert logo.content == (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 50">'
        b'<g fill="#0b4a55"><circle cx="5" cy="5" r="4" /></g></svg>'
    )


def test_a_logo_that_was_cleaned_is_cleaned_to_the_same_bytes():
    logo = clean_logo(
        svg('<text x="1">A <tspan fill="red">b</tspan> c</text><use xlink:href="#a"/><path id="a"/>')
    )

    assert clean_logo(logo.content) == logo
    assert clean_logo(clean_logo(png()).content) == clean_logo(png())


def test_what_drawing_programs_add_is_left_out():
    found = cleaned(
        b"<?xml version='1.0' encoding='UTF-8' standalone='no'?><!-- Created with a program -->"
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
        + svg(
            "<title>Logo</title><desc>By Ann Other</desc>"
            '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">x</rdf:RDF></metadata>'
            '<sodipodi:namedview xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" onload="x"/>'
            '<path inkscape:label="a" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
            'data-name="b" class="c" d="M0 0"/>'
        )
    )

    assert found.endswith('viewBox="0 0 200 50"><path d="M0 0" /></svg>')


def test_a_style_sheet_for_classes_becomes_attributes():
    found = cleaned(
        svg(
            "<defs><style>/* a */ .a, .b { fill: #fff; isolation: isolate } .b{fill:red!important;}</style></defs>"
            '<path class="a" fill="blue" d="M0 0"/><path class="a b" d="M1 1"/><path class="b" style="fill:#111" d="M2 2"/>'
        )
    )

    assert '<path fill="#fff" d="M0 0" /><path d="M1 1" fill="red" /><path d="M2 2" fill="#111" />' in found
    assert "style" not in found
    assert "class" not in found


def test_references_inside_the_logo_are_kept():
    inside = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient>'
        '<linearGradient id="h" xlink:href="#g"/><path id="p" d="M0 0"/><clipPath id="c"><use xlink:href="#p"/></clipPath></defs>'
        '<path clip-path="url(#c)" fill="url(\'#h\')" d="M0 0"/>'
    )

    found = cleaned(svg(inside))

    assert '<linearGradient id="h" href="#g" />' in found
    assert '<use href="#p" />' in found
    assert 'clip-path="url(#c)"' in found


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<script>alert(1)</script>", "could run something (`script`)"),
        ('<script href="https://evil.example/x.js"/>', "could run something (`script`)"),
        ('<path onload="alert(1)"/>', "could run something (`onload`)"),
        ('<g ONCLICK="alert(1)"/>', "could run something (`ONCLICK`)"),
        ("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>", "(`foreignObject`)"),
        ("<script xmlns='http://www.w3.org/1999/xhtml'>x</script>", "(`script`)"),
        ('<a xlink:href="javascript:alert(1)"><path/></a>', "(`a`)"),
        ('<a href="https://evil.example/"><path/></a>', "(`a`)"),
        ('<animate attributeName="href" to="javascript:x"/>', "(`animate`)"),
        ('<set attributeName="onload" to="x"/>', "(`set`)"),
        ('<filter id="f"/>', "(`filter`)"),
        ('<iframe src="https://evil.example"/>', "(`iframe`)"),
        ('<svg><path/></svg>', "(`svg`)"),
        ('<image href="https://evil.example/x.png"/>', "fetches something from elsewhere"),
        ('<image href="data:image/png;base64,AAAA"/>', "has a picture in it"),
        ('<use href="https://evil.example/x.svg#a"/>', "fetches something"),
        ('<use xlink:href="data:image/svg+xml,x"/>', "fetches something"),
        ('<use href="javascript:x"/>', "fetches something"),
        ('<use href=" //evil.example#a"/>', "fetches something"),
        ('<path fill="url(https://evil.example/#a)"/>', "fetches something"),
        ('<path style="fill:URL( \'//evil.example\' )"/>', "fetches something"),
        ('<path fill="u/**/rl(//evil.example)"/>', "(`rl()`)"),
        ('<path fill="\\75 rl(//evil.example)"/>', "style sheet that is not used"),
        ('<path style="fill:image-set(\'x\')"/>', "(`image-set()`)"),
        ('<path style="fill:expression(alert(1))"/>', "(`expression()`)"),
        ("<style>@import url(//evil.example);</style>", "style sheet that is not used"),
        ("<style>.a{fill:url(//evil.example)}</style>", "fetches something"),
        ("<style>path{fill:red}</style>", "Save it with “presentation attributes”"),
        ("<style>@font-face{font-family:x;src:url(//evil.example)}</style>", "fetches something"),
        ("<style>.a{fill:red</style>", "style sheet that is not used"),
    ],
)  # fmt: skip
def test_what_could_run_or_fetch_something_is_refused(inside, message):
    with pytest.raises(LogoError) as refused:
        clean_logo(svg(inside))

    assert message in str(refused.value)


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % a SYSTEM "https://evil.example/x"> %a;]>',
    ],
)
def test_entities_are_refused(before):
    with pytest.raises(LogoError):
        clean_logo(svg("<text>x</text>", before=before))


def test_an_event_at_the_root_is_refused():
    with pytest.raises(LogoError, match="could run something"):
        clean_logo(svg(attributes='viewBox="0 0 9 9" onload="alert(1)"'))


def test_references_that_draw_very_much_or_each_other_are_refused():
    layers = "".join(
        f'<g id="a{number}">' + f'<use href="#a{number - 1}"/>' * 10 + "</g>" for number in range(1, 9)
    )

    for inside in (
        f'<path id="a0"/>{layers}',
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        '<mask id="m"><path mask="url(#m)"/></mask>',
        "".join(f'<use id="a{number}" href="#a{number + 1}"/>' for number in range(1_500)),
        "<path/>" * 3_000,
        "<g>" * 100 + "</g>" * 100,
    ):
        with pytest.raises(LogoError, match="too many parts"):
            clean_logo(svg(inside))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 300 100"', (300, 100)),
        ('viewBox="-10,-10,300.5,100"', (300.5, 100)),
        ('width="300px" height="100"', (300, 100)),
        ('viewBox="0 0 300 100" width="100%" height="100%"', (300, 100)),
    ],
)
def test_the_size_of_an_svg_is_known(attributes, size):
    logo = clean_logo(svg(attributes=attributes))

    assert (logo.width, logo.height) == size
    assert b"viewBox=" in logo.content


@pytest.mark.parametrize(
    "attributes", ["", 'viewBox="0 0 0 10"', 'width="100%" height="100%"', 'viewBox="0 0 a b"']
)
def test_an_svg_without_a_size_is_refused(attributes):
    with pytest.raises(LogoError, match="does not say how large it is"):
        clean_logo(svg(attributes=attributes))


def test_a_logo_like_a_line_is_refused():
    with pytest.raises(LogoError, match="10 times as long as high"):
        clean_logo(svg(attributes='viewBox="0 0 1000 50"'))


# PNG


def test_a_png_keeps_its_pixels_and_nothing_else():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Ann Other")
    content = png(pnginfo=notes) + b"<script>alert(1)</script>"

    logo = clean_logo(content)

    assert (logo.extension, logo.width, logo.height) == ("png", 200, 50)
    assert b"Ann Other" not in logo.content
    assert b"script" not in logo.content
    with Image.open(io.BytesIO(logo.content)) as picture:
        assert picture.getpixel((0, 0)) == (0x0B, 0x4A, 0x55, 0xFF)


def test_a_png_with_too_many_pixels_is_refused_before_it_is_decoded():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + header
    content = png()
    content = (
        content[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + content[33:]
    )

    with pytest.raises(LogoError, match="more than 2000 pixels"):
        clean_logo(content)


@pytest.mark.parametrize(
    "content",
    [
        png()[:60],
        png()[:8],
        png()[:8] + b"\xff\xff\xff\xffIHDR",
        png().replace(b"IDAT", b"IDAX"),
        png()[:-12],
    ],
)
def test_a_broken_png_is_refused(content):
    with pytest.raises(LogoError, match="cannot be read"):
        clean_logo(content)


# Any file


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0JFIF", b"%PDF-1.7", b"PK\x03\x04", b"\xff\xfe<\0s\0"]
)
def test_another_kind_of_file_is_refused(content):
    with pytest.raises(LogoError, match="not an SVG or PNG"):
        clean_logo(content)


@pytest.mark.parametrize("content", [b"<html></html>", b"<svg></svg>", b'<svg xmlns="http://example.org/"/>'])
def test_xml_that_is_no_svg_is_refused(content):
    with pytest.raises(LogoError, match="not an SVG or PNG"):
        clean_logo(content)


@pytest.mark.parametrize("content", [b"<svg", b"<?xml version='1.0' encoding='nonsense'?><svg/>", b"<\0>"])
def test_broken_xml_is_refused(content):
    with pytest.raises(LogoError, match="cannot be read"):
        clean_logo(content)


def test_a_large_file_is_refused():
    with pytest.raises(LogoError, match="larger than 100 KB"):
        clean_logo(b"<svg>" + b" " * MAX_LOGO_BYTES)


def changed(places: list[int]) -> bytes:
    """A PNG with other bytes at these places."""
    content = bytearray(png(20, 5))
    for place in places:
        content[place % len(content)] = place % 256
    return bytes(content)


pngs = st.lists(st.integers(8, 10_000), max_size=5).map(changed)
svgs = st.text(max_size=100).map(svg)


@given(st.binary(max_size=300) | svgs | pngs)
def test_any_bytes_are_a_logo_or_refused(content):
    try:
        logo = clean_logo(content)
    except LogoError:
        return

    assert clean_logo(logo.content) == logo


@pytest.mark.parametrize(
    "content",
    [
        svg("<g>" * 13_000 + "</g>" * 13_000),
        svg("<style>" + "a" * 90_000 + "</style>"),
        svg("<style>" + "/*" * 45_000 + "</style>"),
        svg("<style>" + "{" * 90_000 + "</style>"),
        svg("<style>" + ".a{fill:red;x:y;z:z}" * 199 + "</style>" + '<path class="a"/>' * 1_999),
        svg(f'<path d="{"a" * 90_000}"/>'),
        svg(f'<path d="{"(" * 90_000}"/>'),
        svg(f'<path fill="{"url(#" * 18_000}"/>'),
        svg(f'<path style="{";" * 90_000}"/>'),
        svg(f'<path {" ".join(f"a{number}=" + chr(34) * 2 for number in range(9_000))}/>'),
    ],
    ids=range(10),
)  # fmt: skip
def test_no_logo_takes_long(content):
    assert len(content) <= MAX_LOGO_BYTES + 5_000
    start = time.process_time()
    with suppress(LogoError):
        clean_logo(content)

    assert time.process_time() - start < 2


def test_a_logo_fits_into_a_box():
    assert fit(400, 100, 200, 60) == (200, 50)
    assert fit(100, 400, 200, 60) == (15, 60)
    assert fit(1, 1, 200, 60) == (60, 60)


# What a logo is painted in, and what it can be seen on


def painted(*colours: str) -> bytes:
    file = io.BytesIO()
    picture = Image.new("RGBA", (80, 40), (0, 0, 0, 0))
    for number, colour in enumerate(colours):
        picture.paste(colour, (number * 10, 0, number * 10 + 10, 40))
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "colours"),
    [
        (svg('<path fill="#0B4A55" d="M0 0h9v9z"/><path fill="white" d="M0 0h9v9z"/>'), {"#0b4a55", "#ffffff"}),
        (svg('<path d="M0 0h9v9z"/>'), {"#000000"}),
        (svg('<g fill="rgb(122, 0, 25)"><path d="M0 0h9v9z"/></g>'), {"#7a0019"}),
        (svg('<path fill="none" stroke="#f00" d="M0 0h9v9z"/>'), {"#ff0000"}),
        (svg('<path fill="currentColor" color="navy" d="M0 0h9v9z"/>'), {"#000080"}),
        (svg('<style>.a{fill:#123456}</style><path class="a" d="M0 0h9v9z"/>'), {"#123456"}),
        (svg('<linearGradient id="a"><stop stop-color="#fff"/></linearGradient><path fill="url(#a)" d="M0 0"/>'), {"#ffffff"}),
        (svg('<clipPath id="c"><path fill="#fff" d="M0 0"/></clipPath><path fill="#00f" d="M0 0"/>'), {"#0000ff"}),
        (svg('<path fill="no colour" d="M0 0h9v9z"/>'), {"#000000"}),
        (painted("#0b4a55"), {"#0b4a55"}),
        (painted("#0b4a55", "white"), {"#0b4a55", "#ffffff"}),
    ],
)  # fmt: skip
def test_the_colours_that_a_logo_is_painted_in_are_found(content, colours):
    assert find_colours(clean_logo(content)) == colours


def test_a_png_of_many_colours_has_few_that_count():
    file = io.BytesIO()
    Image.effect_noise((300, 100), 90).convert("RGB").save(file, "PNG")

    assert 1 <= len(find_colours(clean_logo(file.getvalue()))) <= 8


@pytest.mark.parametrize(
    ("colours", "header", "background"),
    [
        ({"#7a003c"}, "#7a003c", "#ffffff"),  # invisible without one
        ({"#ffffff"}, "#7a003c", ""),
        ({"#ffffff"}, "#ffcb47", "#0f191b"),  # a white logo on a yellow header
        ({"#000000"}, "#0b4a55", "#ffffff"),
        ({"#7a003c", "#ffffff"}, "#7a003c", ""),  # its own background with white words: the words are seen
        (set(), "#7a003c", ""),
    ],
)
def test_a_logo_that_cannot_be_seen_on_the_header_gets_a_background(colours, header, background):
    assert choose_background(colours, [header]) == background
