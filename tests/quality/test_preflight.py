"""Problems that prevent publishing. Checking needs no database."""

from dataclasses import replace

import pytest

from leaflets.content.leaflet import Heading, SectionSource, read_leaflet
from leaflets.files.problems import Kind, Problem
from leaflets.quality.preflight import check_leaflets, check_records, find_misread, find_missing_files
from tests.factories import leaflet_with_introduction
from tests.texts import code, laws, leaflet, leaflet_text, lines_and_messages, service, source

CODE = "2015-january"


def problems_of(*leaflets):
    return check_leaflets(leaflets, laws())[1]


def messages_of(*leaflets):
    return [problem.message for problem in problems_of(*leaflets)]


def read(body, **fields):
    """Read a leaflet's file; its body starts on line 8."""
    found, problems = read_leaflet(leaflet_text(body, **fields), "sen-support.md", "sen-support")
    assert problems == []
    return found


def test_a_leaflet_in_order_has_no_problem():
    checked, problems = check_leaflets([leaflet()], laws())

    assert problems == []
    assert [section.html for section in checked[0].sections] == [
        "<p>This leaflet is about help.</p>\n",
        "<p>The school decides.</p>\n",
    ]


def test_a_problem_of_the_text_is_reported_at_its_line_of_the_file():
    found = problems_of(read("Words.\n\n## Help {#help}\n\nMore\n<b>words</b>.\n"))

    assert {(problem.path, problem.line) for problem in found} == {("sen-support.md", 13)}


# Anchors


def test_the_anchor_of_two_sections_is_refused_for_the_second():
    found = problems_of(read("Words.\n\n## One {#same}\n\nWords.\n\n## Two {#same}\n\nWords.\n"))

    assert lines_and_messages(found) == [(14, "The anchor `#same` is taken by line 10. Choose another.")]


def test_the_anchor_of_a_section_cannot_be_one_of_a_heading_inside_another():
    found = problems_of(
        read("Words.\n\n## One {#one}\n\n### Plan {#two}\n\nWords.\n\n## Two {#two}\n\nWords.\n")
    )

    assert lines_and_messages(found) == [(16, "The anchor `#two` is taken by line 12. Choose another.")]


def test_headings_inside_sections_cannot_share_an_anchor():
    found = problems_of(read("### Plan {#plan}\n\nWords.\n\n### Plan {#plan}\n\nWords.\n"))

    assert lines_and_messages(found) == [(12, "The anchor `#plan` is taken by line 8. Choose another.")]


def test_the_anchor_of_the_introduction_is_reserved():
    found = problems_of(read("Words.\n\n## Introduction {#introduction}\n\nWords.\n"))

    assert lines_and_messages(found) == [
        (10, "The anchor `#introduction` is taken by line 7. Choose another.")
    ]


def test_two_leaflets_may_have_the_same_anchors():
    assert problems_of(leaflet(slug="one"), leaflet(slug="two")) == []


# Empty sections


def test_a_section_without_text_is_refused():
    found = problems_of(read("Words.\n\n## One {#one}\n\n## Two {#two}\n\nWords.\n"))

    assert lines_and_messages(found) == [
        (10, "This section is empty. Write its text, or take its heading out.")
    ]


def test_a_leaflet_needs_no_introduction():
    assert problems_of(read("## One {#one}\n\nWords.\n")) == []


def test_an_empty_leaflet_is_refused():
    assert messages_of(leaflet_with_introduction("")) == [
        "This leaflet has no text yet. Write its introduction, or add a section."
    ]


# Addresses


def test_two_leaflets_cannot_have_one_address():
    found = problems_of(leaflet(path="leaflets/a.md"), leaflet(path="footer/a.md", placement="footer"))

    assert found == [
        Problem(
            "footer/a.md",
            1,
            "The address `sen-support` is taken by leaflets/a.md. Choose another.",
            Kind.ADDRESS_TAKEN,
        )
    ]


def test_an_old_address_cannot_be_the_address_of_another_leaflet():
    found = problems_of(leaflet(path="new.md", formerly=("sen",)), leaflet(path="sen.md", slug="sen"))

    assert found == [
        Problem("sen.md", 1, "The address `sen` is taken by new.md. Choose another.", Kind.ADDRESS_TAKEN)
    ]


@pytest.mark.parametrize(
    "slug",
    ["admin", "code-of-practice", "contact", "display", "have-your-say", "law", "leaflets", "media"],
)
def test_a_footer_page_cannot_use_a_url_of_the_site(slug):
    found = messages_of(leaflet(slug=slug, placement="footer"))

    assert found == [f"The address /{slug}/ is taken by the site. Rename the file."]


def test_a_listed_leaflet_can_have_the_name_of_a_url_of_the_site():
    assert problems_of(leaflet(slug="contact")) == []


# Links within the site


@pytest.mark.parametrize(
    "href",
    [
        "/",
        "/contact/",
        "/have-your-say/",
        "/leaflets/",
        "/leaflets/sen-support/",
        "/leaflets/sen-support/#who-decides",
        "/leaflets/sen-support/?display=large#who-decides",
        "/privacy/",
        "/privacy/#introduction",
        "/law/code-of-practice/",
        "/law/code-of-practice/6.17/",
        "/leaflets/sen-support/sen-support.pdf",
        "/leaflets/sen-support/sen-support-large-print.pdf",
        "/leaflets/sen-support/editions/",
        "/leaflets/sen-support/editions/1/",
        "/leaflets/sen-support/duties/",
        "/leaflets/sen-support/meeting/",
        "/duties/",
        "/leaflets/privacy/editions/",
        "#here",
        "?display=large",
        "https://www.example.org/nowhere",
        "mailto:help@example.org",
    ],
)
def test_a_link_to_an_existing_page_is_accepted(href):
    linking = leaflet_with_introduction(
        f"### Here {{#here}}\n\n[Read this]({href}) (6.17).", slug="linking", code=CODE
    )

    found = problems_of(
        linking, leaflet(), leaflet_with_introduction("Words.", slug="privacy", placement="footer")
    )

    assert found == []


@pytest.mark.parametrize(
    "href",
    [
        "/nowhere/",
        "/contact",
        "/leaflets/nowhere/",
        "/leaflets/sen-support/#nowhere",
        "/sen-support/",
        "/leaflets/privacy/",
        "/privacy/#nowhere",
        "/law/code-of-practice/6.2/",
        "/law/code-of-practice/9.99/",
        "/law/nowhere/",
        "/law/nowhere/6.17/",
        "/leaflets/nowhere/nowhere.pdf",
        "/leaflets/sen-support/plan.pdf",
        "/leaflets/privacy/privacy.pdf",
        "/leaflets/nowhere/editions/",
        "/leaflets/nowhere/editions/1/",
        "/leaflets/nowhere/duties/",
        "/leaflets/privacy/meeting/",
        "/leaflets/sen-support/letters/who-decides-not/",
        "/shared/some-link-that-ends-in-a-week/",
        "#nowhere",
        "?display=large#nowhere",
    ],
)
def test_a_link_to_a_missing_page_is_refused(href):
    linking = leaflet_with_introduction(f"Words (6.17).\n\n[Read this]({href}).", slug="linking", code=CODE)

    found = problems_of(
        linking, leaflet(), leaflet_with_introduction("Words.", slug="privacy", placement="footer")
    )

    assert lines_and_messages(found) == [(3, f"The link to `{href}` leads nowhere. Correct its address.")]


# What is read otherwise than meant


def misread(*leaflets):
    checked, problems = check_leaflets(leaflets, laws())
    assert problems == []
    return [(problem.path, problem.line, problem.kind) for problem in find_misread(checked)]


def test_what_is_misread_is_named_at_its_line_of_the_file():
    body = "Words.\n\n## Help {#help}\n\nMore\nand **more.\n\n| a |\n| - |\n| 1 | 2 |\n"

    assert misread(read(body)) == [
        ("sen-support.md", 13, Kind.RAW_MARK),
        ("sen-support.md", 17, Kind.CELL_LOST),
    ]


def test_marks_in_a_title_a_summary_and_the_heading_of_a_section_are_named():
    text = read("Words.\n\n## He said **no {#no}\n\nWords.\n", title="The **plan**", summary="See [^1]")

    assert [line for _path, line, _kind in misread(text)] == [1, 1, 10]


@pytest.mark.parametrize(
    ("body", "line"), [("## Main {#page-main}\n\nWords.", 8), ("### Key {#page-key}\n\nWords.", 8)]
)
def test_an_anchor_that_may_be_one_of_the_page_is_named(body, line):
    assert misread(read(body)) == [("sen-support.md", line, Kind.ANCHOR_RESERVED)]


def test_the_anchor_that_a_heading_gets_is_none_of_the_page():
    text = read("Words.\n\n## Page contents\n\n### Page help\n\nWords.\n")

    assert text.sections[1].heading.anchor == "section-page-contents"
    assert text.sections[1].body.startswith("### Page help {#section-page-help}")
    assert misread(text) == []


# Files

UPLOAD = f"pictures/{'0123456789abcdef' * 4}.png"


@pytest.fixture
def uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / UPLOAD).parent.mkdir(parents=True)
    return settings.MEDIA_ROOT


FORM = f"files/request-form-{'0123456789abcdef' * 4}.docx"


def missing_files(words):
    checked, problems = check_leaflets([leaflet_with_introduction(words)], laws())
    assert problems == []
    return lines_and_messages(find_missing_files(checked))


@pytest.mark.parametrize(
    "words",
    [
        f"![A child](/media/{UPLOAD})",
        f"[See it larger](/media/{UPLOAD})",
        "![The badge](/static/icon.svg)",
        "[Our badge](/static/icon.svg?x=1#y)",
        "[Contact us](/contact/) or [read this](https://www.example.org/media/plan.pdf)",
    ],
)
def test_a_picture_or_a_link_to_a_file_of_the_site_is_accepted(uploads, words):
    (uploads / UPLOAD).touch()

    assert missing_files(words) == []


def test_a_file_to_download_is_looked_for(uploads):
    (uploads / "files").mkdir()
    before = missing_files(f"[Form](/media/{FORM})")

    (uploads / FORM).touch()

    assert [line for line, _ in before] == [1]
    assert missing_files(f"[Form](/media/{FORM})") == []


@pytest.mark.parametrize("path", [f"/media/{UPLOAD}", "/media/map.png", "/static/map.png", "/static/admin"])
def test_a_picture_whose_file_does_not_exist_is_named_with_its_line(uploads, path):
    (uploads / "map.png").touch()  # Not a name of an upload: it is not served.

    assert missing_files(f"Words.\n\n![A child]({path})") == [
        (
            3,
            f"There is no picture `{path}` on this site. Add it again with “Add a picture”, or take it out.",
        )
    ]


@pytest.mark.parametrize(
    "href",
    [
        f"/media/{UPLOAD}",
        f"/media/{UPLOAD}#page=2",
        "/media/plan.pdf",
        "/media/",
        "/media/../secret_key",
        "/media/%2e%2e/secret_key",
        "/static/plan.pdf",
        "/static/",
        "/static/admin/",
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static/staticfiles.json",
        "/static/ICON.svg",
        "/static/icon.svg%00",
        f"/static/{'x' * 5000}",
    ],
)
def test_a_link_to_a_file_that_does_not_exist_is_named_with_its_line(uploads, href):
    (uploads / "plan.pdf").touch()
    (uploads.parent / "secret_key").touch()

    assert missing_files(f"Words.\n\n[The plan]({href})") == [
        (
            3,
            f"The link to `{href[:120]}` leads to a file that is not on this site. "
            "Correct its address, or take the link out.",
        )
    ]


# The Code


def test_the_code_that_a_leaflet_names_needs_a_record():
    found = messages_of(leaflet_with_introduction("Words.", code="2027-january"))

    assert found == ["`code: 2027-january` has no file in `law/code-of-practice`. Correct one of the two."]


def test_a_paragraph_that_the_record_does_not_have_is_refused():
    found = messages_of(leaflet_with_introduction("Listen (9.99).", code=CODE))

    assert found == [
        "(9.99) is not in the record of the SEND Code of Practice (January 2015). "
        "Correct the number, or add the paragraph to the record. If it is another number, write `9\\.99`."
    ]


def test_a_leaflet_that_names_no_code_cites_the_newest_in_force():
    assert messages_of(leaflet_with_introduction("Listen (6.17).")) == []


# Lengths: those of the database columns


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": "T" * 201}, f"`{'T' * 40}…` is longer than 200 characters. Shorten it."),
        ({"summary": "S" * 501}, f"`{'S' * 40}…` is longer than 500 characters. Shorten it."),
        ({"slug": "s" * 81}, f"`{'s' * 40}…` is longer than 80 characters. Shorten it."),
        ({"formerly": ("f" * 81,)}, f"`{'f' * 40}…` is longer than 80 characters. Shorten it."),
    ],
)
def test_a_field_that_is_too_long_is_refused(fields, message):
    assert lines_and_messages(problems_of(leaflet(**fields))) == [(1, message)]


@pytest.mark.parametrize(
    "heading", [Heading("H" * 201, "h"), Heading("H", "h" * 81), Heading("H", "h", label="L" * 101)]
)
def test_a_heading_that_is_too_long_is_refused_at_its_line(heading):
    section = SectionSource(heading, "Words.", line=10)

    found = problems_of(leaflet(sections=(*leaflet().sections, section)))

    assert [problem.line for problem in found] == [10]
    assert "Shorten it." in found[0].message


def test_a_text_of_the_maximum_length_is_accepted():
    assert problems_of(leaflet(title="T" * 200, summary="S" * 500)) == []


def test_records_in_order_have_no_problem():
    assert list(check_records(service(), [source()], [code()])) == []


def test_a_name_of_two_sources_is_refused():
    act = source(slug="equality-act", kind="act", title="Equality Act", names=("the code, of practice",))

    found = check_records(
        service(), [replace(source(), path="code.yaml"), replace(act, full_title="Act", path="act.yaml")], []
    )

    assert [(problem.path, problem.message) for problem in found] == [
        (
            "act.yaml",
            "The name “the code, of practice” is in code.yaml too. Take it out of one of the two.",
        )
    ]


def test_a_name_that_one_source_has_twice_is_no_problem():
    assert list(check_records(service(), [source(names=("SEND Code of Practice",))], [])) == []


def test_a_second_code_of_practice_is_refused():
    other = source(slug="other", title="Other", full_title="Another Code", names=(), path="other.yaml")

    (problem,) = check_records(service(), [source(path="code.yaml"), other], [])

    assert (problem.path, problem.message) == (
        "other.yaml",
        "code.yaml is the Code already, and a number alone, such as (6.17), means it. Use `kind: guidance`.",
    )


def test_two_versions_of_one_date_are_refused():
    other = code(slug="other", path="other.yaml")

    (problem,) = check_records(service(), [source()], [code(path="code.yaml"), other])

    assert (problem.path, problem.message) == (
        "other.yaml",
        "This version and code.yaml have one `in_force_from`. Correct one of the two.",
    )


def test_versions_of_two_sources_may_have_one_date():
    act = source(slug="act", kind="act", title="Act", full_title="The Act 2014", names=())
    versions = [code(path="code.yaml"), code(path="act.yaml", source="act")]

    assert list(check_records(service(), [source(), act], versions)) == []


@pytest.mark.parametrize("field", ["name", "tagline", "email", "postcode", "officer_phone"])
def test_a_field_of_the_service_that_is_too_long_is_refused(field):
    long = service(path="service.yaml", **{field: "x" * 301})

    (problem,) = check_records(long, [source()], [code()])

    assert problem.path == "service.yaml"
    assert problem.message.startswith(f"`{'x' * 40}…` is longer than")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("High Street",) * 21, "Write at most 20 lines."),
        (
            ("High Street", "x" * 201),
            f"Line 2, “{'x' * 40}…”: write at most 200 characters on each line. This one has 201.",
        ),
    ],
)
def test_an_address_of_the_service_that_would_make_every_page_slow_is_refused(lines, message):
    (problem,) = check_records(service(path="service.yaml", address=lines), [source()], [code()])

    assert (problem.path, problem.message) == ("service.yaml", f"`address`: {message}")


@pytest.mark.parametrize(
    "fields", [{"label": "x" * 61}, {"url": "https://" + "x" * 200}, {"chapters": (("6", "x" * 301),)}]
)
def test_a_field_of_the_code_that_is_too_long_is_refused(fields):
    (problem,) = check_records(service(), [source()], [code(path="code.yaml", **fields)])

    assert problem.path == "code.yaml"


@pytest.mark.parametrize(
    "link",
    ["[01429 284999](tel:01429284876)", "[help@example.org](mailto:other@example.org)"],
    ids=["phone", "e-mail"],
)
def test_a_link_that_shows_another_phone_or_email_than_it_opens_is_refused(link):
    assert "two different addresses" in "".join(
        problem.message for problem in check_leaflets([leaflet_with_introduction(f"Ask {link}.")], laws())[1]
    )


@pytest.mark.parametrize(
    "link",
    [
        "[01429 284876](tel:+441429284876)",
        "[Phone us](tel:01429284876)",
        "[Help@Example.org](mailto:help@example.org?subject=Help)",
    ],
    ids=["from abroad", "words", "capitals"],
)
def test_a_link_that_shows_the_phone_or_email_it_opens_is_accepted(link):
    assert check_leaflets([leaflet_with_introduction(f"Ask {link}.")], laws())[1] == []


# Letters


def letter(words):
    return read(f"Words.\n\n## A letter {{#letter .letter}}\n\n{words}")


@pytest.mark.parametrize(
    "words",
    [
        "You must tell me.",
        "It is your duty.",
        "I ask under section 36.",
        "The Act says so.",
        "My child is entitled to help.",
        "My child has a right to help.",
        "You know our rights.",
        "This is not legal.",
        "That is unlawful.",
        "I ask you. By law you have to answer. Thank you (6.2).",
        "- You must answer.",
    ],
)
def test_a_sentence_of_a_letter_about_the_law_without_a_citation_is_a_problem(words):
    (problem,) = problems_of(letter(words))

    assert problem.kind is Kind.LETTER_UNCITED
    assert "speaks of the law" in problem.message


@pytest.mark.parametrize(
    "words",
    [
        "You must tell me (6.2).",
        "You **must** tell me. (6.2) Thank you.",
        "> Schools must listen.\n>\n> (6.17)",
        "Dear ____,\n\nplease act now. I write about ____ in class ____.\n\n____",
        "Please take an active part on 5 May.",
        "It does not feel right to wait.",
    ],
)
def test_a_letter_that_cites_what_it_says_of_the_law_has_no_problem(words):
    assert problems_of(letter(words)) == []


def test_the_same_words_outside_a_letter_are_no_problem():
    assert problems_of(read("You must tell me.")) == []
