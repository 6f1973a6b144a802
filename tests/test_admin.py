"""The staff's pages inside Django's admin: every one opens, and published words are only read there."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leaflets.feedback.models import Feedback
from leaflets.models import Citation, Edition, Leaflet, Provision, Section, Service, SourceVersion
from leaflets.publishing.provisions import store_provision
from tests.conftest import HttpsClient
from tests.factories import create_feedback, create_staff, edit_as_staff
from tests.pages import Page, leaflet_from_text, load_site, visit

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
NAMES = [model._meta.label for model in MODELS]


pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        plans = leaflet_from_text("Words.", "plans", title="Plans", formerly="[ehc-plans]")
        load_site(tmp_path_factory.mktemp("site"), plans)
        edit_as_staff("The first edition is an older one now.")
        create_feedback("Very <b>clear</b>.")


@pytest.fixture(scope="module")
def superuser(_site, module_database) -> User:
    with module_database.unblock():
        return User.objects.create_superuser("head")


@pytest.fixture(scope="module")
def signed_in(superuser, module_database) -> HttpsClient:
    """The superuser, signed in once for all tests."""
    visitor = HttpsClient()
    with module_database.unblock():
        visitor.force_login(superuser)
    return visitor


@pytest.fixture
def head(signed_in) -> HttpsClient:
    """The superuser, in a browser of this test."""
    visitor = HttpsClient()
    visitor.cookies.update(signed_in.cookies)
    return visitor


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def open_page(visitor: HttpsClient, url: str) -> Page:
    return Page(url, visitor.get(url, follow=True))


def fields_to_type_in(page: Page) -> list[str]:
    """The names of editable fields, apart from the search of the admin."""
    fields = [
        field for kind in ("input", "textarea", "select") for field in page.all(f"*[@id='content']//{kind}")
    ]
    return [field.get("name") for field in fields if field.get("type") not in ("hidden", "submit", "search")]


# Every page opens


def test_the_admin_index_lists_the_models(head):
    page = open_page(head, "/admin/")

    assert page.status == 200
    assert "Leaflets" in page.links("*[@id='content']")


def test_the_start_page_says_who_reads_what_people_send(head):
    publisher = HttpsClient()
    publisher.force_login(create_staff("Publishers"))
    words = "What people send through Have Your Say is read by"

    assert f"{words} administrators only: nobody is in the group Feedback readers." in open_page(
        publisher, "/admin/"
    ).text("*[@id='content']")

    reader = create_staff("Feedback readers")
    reader.first_name, reader.last_name = "Fay", "Reed"
    reader.save()
    User.objects.create(username="left", is_staff=True, is_active=False).groups.set(reader.groups.all())

    for visitor in (publisher, head):
        said = open_page(visitor, "/admin/").text("*[@id='content']")
        assert f"{words} the group Feedback readers (Fay Reed) and by administrators." in said


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_list_opens(head, model):
    assert open_page(head, address(model, "changelist")).status == 200


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_list_can_be_searched_filtered_and_sorted(head, model):
    columns = len(admin.site._registry[model].list_display)
    order = ".".join(str(number) for number in range(1, columns + 1))

    assert open_page(head, f"{address(model, 'changelist')}?q=sen&o={order}").status == 200


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_record_opens(head, model):
    for record in model._default_manager.all()[:3]:
        page = open_page(head, address(model, "change", record.pk))

        assert page.status == 200, record


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_the_history_of_every_record_opens(head, model):
    record = model._default_manager.first()
    if record is None:
        pytest.skip("The site has none of these.")

    assert open_page(head, address(model, "history", record.pk)).status == 200


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_a_record_can_be_added_where_its_admin_allows_it(head, model, rf):
    request = rf.get("/")
    request.user = User.objects.get(username="head")
    may_add = admin.site._registry[model].has_add_permission(request)

    page = open_page(head, address(model, "add"))

    assert page.status == (200 if may_add else 403)


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_an_unknown_record_is_no_server_error(head, model):
    response = head.get(address(model, "change", 999_999))

    # The start page, to which most of them lead, has tests of its own.
    if response.get("Location", "/admin/") != "/admin/":
        response = head.get(response["Location"])

    assert response.status_code in (302, 404)


# Only for staff


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
@pytest.mark.parametrize("page", ["changelist", "add"])
def test_every_admin_page_needs_a_sign_in(client, model, page):
    response = client.get(address(model, page))

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_record_needs_a_sign_in(client, model):
    for record in model._default_manager.all()[:3]:
        for page in ("change", "delete", "history"):
            response = client.get(address(model, page, record.pk))

            assert response["Location"].startswith("/admin/login/"), page


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_staff_without_permissions_see_no_records(model):
    newcomer = HttpsClient()
    newcomer.force_login(User.objects.create_user("newcomer", is_staff=True))

    assert newcomer.get(address(model, "changelist")).status_code == 403


# Published words are only read here


@pytest.mark.parametrize("model", [Edition, Section, Citation], ids=["editions", "sections", "citations"])
def test_a_published_edition_has_no_editable_field(head, model):
    page = open_page(head, address(model, "change", model._default_manager.first().pk))

    assert fields_to_type_in(page) == []


@pytest.mark.parametrize("model", [Edition, Section, Citation], ids=["editions", "sections", "citations"])
def test_a_published_edition_cannot_be_changed_by_a_crafted_post(head, model):
    record = model._default_manager.first()
    before = model._default_manager.filter(pk=record.pk).values().get()

    response = head.post(address(model, "change", record.pk), {"title": "x", "heading": "x", "quoted": "x"})

    assert response.status_code == 403
    assert model._default_manager.filter(pk=record.pk).values().get() == before


@pytest.mark.parametrize(
    "model", [Edition, Section, Citation, Service], ids=["editions", "sections", "citations", "service"]
)
def test_a_published_edition_cannot_be_deleted(head, model):
    record = model._default_manager.first()

    response = head.post(address(model, "delete", record.pk), {"post": "yes"})

    assert response.status_code == 403
    assert model._default_manager.filter(pk=record.pk).exists()


# The service's record


def service_form(head: HttpsClient) -> dict[str, str]:
    """What stands in the form of the service's record."""
    page = open_page(head, address(Service, "change", 1))
    fields = page.all("*[@id='service_form']//input") + page.all("*[@id='service_form']//textarea")
    values = {field.get("name"): field.get("value") or field.text or "" for field in fields}
    return {name: value.strip() for name, value in values.items() if name and not name.startswith("_")}


def test_a_corrected_phone_number_is_on_every_page_at_once(head, client):
    form = service_form(head)

    response = head.post(address(Service, "change", 1), form | {"phones": "01632 960999"})

    assert response.status_code == 302
    assert "tel:01632960999" in visit(client, "/").links("body//footer").values()


def test_phones_and_addresses_are_entered_one_per_line(head):
    form = service_form(head) | {
        "phones": "01632 960000\r\n\r\n 07700 900123 ",
        "address": "Civic Centre\r\nExeter",
    }

    head.post(address(Service, "change", 1), form)

    service = Service.objects.get()
    assert service.phones == ["01632 960000", "07700 900123"]
    assert service.address == ["Civic Centre", "Exeter"]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "IASS\r\nBcc: all@evil.example"),
        ("name", "IASS\x1b[2J"),
        ("name", "IASS\u2028x"),
        ("full_name", "IASS\r\nBcc: all@evil.example"),
        ("council", "IASS\x1b[2J"),
        ("officer", "IASS\u2028x"),
    ],
)
def test_a_line_break_in_the_name_of_the_service_is_refused(head, field, text):
    before = getattr(Service.objects.get(), field)

    page = Page("", head.post(address(Service, "change", 1), service_form(head) | {field: text}))

    assert "has a line break or an invisible character in it" in page.text("body")
    assert getattr(Service.objects.get(), field) == before


@pytest.mark.parametrize("field", ["phones", "officer_phone"])
@pytest.mark.parametrize("phone", ["call us", "01632 9600"])
def test_a_phone_number_of_the_service_that_cannot_be_dialled_is_refused(head, field, phone):
    before = getattr(Service.objects.get(), field)

    page = Page("", head.post(address(Service, "change", 1), service_form(head) | {field: phone}))

    assert f"“{phone}” is not a complete phone number." in page.text("*[@class='errorlist']")
    assert getattr(Service.objects.get(), field) == before


@pytest.mark.parametrize(
    "phone", ["01632 960123", "0800 1111", "111", "+44 (0)7700 900123", "01632 960123 (term time)"]
)
def test_a_phone_number_of_the_service_that_can_be_dialled_is_accepted(head, phone):
    head.post(address(Service, "change", 1), service_form(head) | {"phones": phone})

    assert Service.objects.get().phones == [phone]


@pytest.mark.parametrize("field", ["phones", "address", "officer_address"])
def test_a_record_without_a_required_line_is_refused(head, field):
    page = Page("", head.post(address(Service, "change", 1), service_form(head) | {field: "  "}))

    assert page.status == 200
    assert page.all("*[@class='errorlist']") != []


# The records of the Code


@pytest.mark.parametrize("date", ["0026-01-01", "2101-01-01"])
def test_a_code_is_in_force_from_a_year_that_can_be_meant(head, date):
    page = Page("", head.post(address(SourceVersion, "add"), {"in_force_from": date}))

    assert "Check the year: it has to be between 1990 and 2100." in page.text("body")


# Looking is safe


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/"])
def test_staff_pages_are_not_cached(head, path):
    assert "no-store" in head.get(path, follow=True)["Cache-Control"]


def test_staff_pages_cannot_be_framed(head):
    response = head.get("/admin/")

    assert response["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_a_staff_form_posted_from_another_site_is_refused():
    visitor = HttpsClient(enforce_csrf_checks=True)
    visitor.force_login(User.objects.create_superuser("careful"))

    response = visitor.post(address(Feedback, "delete", Feedback.objects.get().pk), {"post": "yes"})

    assert response.status_code == 403
    assert Feedback.objects.exists()


# Odd addresses and forms

LONG_NUMBER = "9" * 5000
# Values of any parameter: no number, a number that no column holds or Python reads, NUL, a pattern, no UTF-8.
ODD_VALUES = ["x", "9" * 20, LONG_NUMBER, "a%00b", "(", "%ED%A0%80"]
ODD_QUERIES = [
    *(f"p={value}&o={value}&q={value}&_facets={value}&all={value}" for value in ["", "-1", *ODD_VALUES]),
    "o=1.-1.99.--1.",
    "q=" + "a+" * 1000,
    "q=" + "a" * 200_000,
    "q=%22" + "a+" * 90,
    "e=1&nothing=1",
    "nothing__regex=(",
    "pk__in=" + "1," * 1000,
]


@pytest.fixture
def sturdy_head(head) -> HttpsClient:
    """A superuser who sees error pages as in a browser."""
    head.raise_request_exception = False
    return head


def status_of_list(model: type[Model], query: str, user: User) -> int:
    """The status of a list's response. The list is read from the database, and not rendered."""
    request = RequestFactory().get(f"{address(model, 'changelist')}?{query}", secure=True)
    request.user = user
    request._messages = CookieStorage(request)
    try:
        return admin.site._registry[model].changelist_view(request).status_code
    except (SuspiciousOperation, BadRequest):
        return 400


def unexpected(responses: dict[str, int]) -> dict[str, int]:
    """The responses other than a page, a redirect and an answer to a wrong request, by the end of what was sent."""
    fine = (200, 302, 400, 403, 404, 409, 422)
    return {sent[-80:]: status for sent, status in responses.items() if status not in fine}


def field_names(model: type[Model]) -> Iterator[str]:
    """The names that lookups of a model may begin with: its fields, and those of records that it refers to."""
    yield "pk"
    for field in model._meta.get_fields():
        yield field.name
        if field.related_model and field.concrete:
            yield from (f"{field.name}__{other.name}" for other in field.related_model._meta.concrete_fields)


def parameters_of_filters(model: type[Model]) -> list[str]:
    model_admin = admin.site._registry[model]
    filters = [item[0] if isinstance(item, tuple) else item for item in model_admin.list_filter]
    names = [getattr(item, "parameter_name", item) for item in filters]
    lookups = [f"{name}{lookup}" for name in names for lookup in ("__exact", "__id__exact", "__isnull")]
    if not (field := model_admin.date_hierarchy):
        return names + lookups
    parts = ("year", "year=2026&month", "year=2026&month=2&day")
    return names + lookups + [f"{field}__{part.replace('&', f'&{field}__')}" for part in parts]


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_no_pattern_in_the_address_of_a_list_reaches_the_database(model, superuser):
    queries = [f"{name}__{lookup}=(" for name in field_names(model) for lookup in ("regex", "iregex")]

    with CaptureQueriesContext(connection) as captured:
        statuses = {status_of_list(model, query, superuser) for query in queries}

    assert statuses <= {302, 400}
    statements = [query["sql"] for query in captured.captured_queries]
    assert [sql for sql in statements if "REGEXP" in sql or " ~ " in sql or " ~* " in sql] == []


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_no_odd_address_of_a_list_is_a_server_error(model, superuser):
    filtered = [f"{name}={value}" for name in parameters_of_filters(model) for value in ODD_VALUES]

    responses = {query: status_of_list(model, query, superuser) for query in [*ODD_QUERIES, *filtered]}

    assert unexpected(responses) == {}


@pytest.mark.each_database
def test_the_page_of_a_list_with_an_odd_address_is_no_server_error(sturdy_head):
    url = address(Feedback, "changelist")
    queries = [*ODD_QUERIES, *(f"_to_field={value}" for value in ODD_VALUES), "o=" + "1." * 2000]

    responses = {query: sturdy_head.get(f"{url}?{query}").status_code for query in queries}

    assert unexpected(responses) == {}


ODD_DATES = [
    "year=1",
    "year=9999",
    "year=0",
    "year=2026&{}__month=13",
    "year=2026&{}__month=2&{}__day=30",
    "year=9999&{}__month=12&{}__day=31",
    "year=1&{}__month=1&{}__day=1",
    "month=2",
    "day=2",
]


@pytest.mark.each_database
@pytest.mark.parametrize("date", ODD_DATES)
@pytest.mark.parametrize("model", [model for model in MODELS if admin.site._registry[model].date_hierarchy])
def test_no_odd_date_of_a_list_is_a_server_error(sturdy_head, model, date):
    field = admin.site._registry[model].date_hierarchy

    response = sturdy_head.get(f"{address(model, 'changelist')}?{field}__{date.replace('{}', field)}")

    assert response.status_code in (200, 302, 400)


ODD_KEYS = ["x", "-1", "0", "9" * 20, LONG_NUMBER, "a%00b", "%ED%A0%80", "_5F_00", "١"]


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_no_odd_address_of_a_record_is_a_server_error(sturdy_head, model):
    names = [field.name for field in model._meta.get_fields()]
    paths = [f"{address(model, 'changelist')}{key}/change/" for key in ODD_KEYS]
    paths += [
        f"{address(model, 'add')}?{'&'.join(f'{name}={value}' for name in names)}" for value in ODD_VALUES
    ]

    responses = {path: sturdy_head.get(path).status_code for path in paths}

    assert unexpected(responses) == {}


@pytest.mark.each_database
def test_no_odd_address_of_what_all_records_have_is_a_server_error(sturdy_head):
    """Deletion, history and the parameters of `ModelAdmin` are the same code for each model."""
    keys = [
        f"{address(User, 'changelist')}{key}/{page}/" for key in ODD_KEYS for page in ("delete", "history")
    ]
    record = address(User, "change", User.objects.get(username="head").pk)
    parameters = [
        f"{record}?{name}={value}" for name in ("_to_field", "_changelist_filters") for value in ODD_VALUES
    ]

    responses = {path: sturdy_head.get(path).status_code for path in [*keys, *parameters]}

    assert unexpected(responses) == {}


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_no_odd_form_of_a_list_is_a_server_error(sturdy_head, model):
    actions = ["", "x", "a\0b", "add-", "delete_selected", *(admin.site._registry[model].actions or [])]
    odd = [("x", "0"), ("a\0b", "x"), ("9" * 20, "-9"), (LONG_NUMBER, LONG_NUMBER), ("0", "0")]
    # Each value with one action that exists, and each action with one value.
    combined = [(actions[-1], *pair) for pair in odd] + [(action, *odd[2]) for action in actions]
    forms = [
        {"action": action, "_selected_action": value, "index": index, "select_across": "0"}
        for action, value, index in combined
    ]

    responses = {
        str(form): sturdy_head.post(address(model, "changelist"), form).status_code for form in forms
    }

    assert unexpected(responses) == {}


@pytest.mark.each_database
@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_no_odd_form_of_a_record_is_a_server_error(sturdy_head, model):
    names = [field.name for field in model._meta.get_fields()]
    values = ("a\0b", "x", "9" * 20, LONG_NUMBER, "0001-01-01", "9999-12-31")
    forms = [dict.fromkeys(names, value) for value in values]
    for count in ("x", "-1", LONG_NUMBER):
        of_forms = ("TOTAL_FORMS", "INITIAL_FORMS")
        prefixes = ("form", "chapters", "sections")
        forms.append({f"{prefix}-{name}": count for prefix in prefixes for name in of_forms})
    record = model._default_manager.first()
    urls = [address(model, "add"), *([address(model, "change", record.pk)] if record else [])]

    responses = {f"{url} {form}": sturdy_head.post(url, form).status_code for url in urls for form in forms}

    assert unexpected(responses) == {}


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Edition, "status__exact=published"),
        (User, "is_active__exact=1"),
        (User, "groups__id__exact=1"),
        (Citation, "section__edition__status__exact=published"),
        (Leaflet, "review=due&draft=mine"),
        (Feedback, "reply=late&section=x"),
        (Feedback, "sent_at__year=2026&sent_at__month=11&sent_at__day=26"),
        (Feedback, "leaflet__isnull=True"),
        (Feedback, "wants_reply__exact=1"),
    ],
)
def test_the_lookups_of_filters_work(head, model, query):
    assert head.get(f"{address(model, 'changelist')}?{query}").status_code == 200


@pytest.mark.each_database
def test_a_search_that_is_too_long_says_so(head):
    page = open_page(head, f"{address(Section, 'changelist')}?q={'a' * 201}")

    assert "at most 200 characters" in page.text("body")


@pytest.mark.each_database
def test_no_odd_address_or_form_of_our_own_pages_is_a_server_error(sturdy_head):
    pk, messages = Leaflet.objects.get(slug="plans").pk, address(Feedback, "changelist")
    gets = [
        *(f"{address(Leaflet, 'changelist')}{pk}/compare/?from={value}&to={value}" for value in ODD_VALUES),
        *(
            f"{address(Leaflet, 'changelist')}{'9' * 30}/{page}/"
            for page in ("edit", "editions", "remove", "rename")
        ),
        f"{messages}{'9' * 30}/erase/",
        f"/admin/r/{'9' * 30}/1/",
        "/admin/r/x/a%00b/",
        "/admin/autocomplete/?app_label=x&model_name=a%00b&field_name=(&term=x",
    ]
    exports = [
        f"{messages}export/?{query}"
        for query in ("comments__regex=(", "q=a%00b", "sent_at__year=99999999999")
    ]
    odd = ["x", "9" * 20, LONG_NUMBER, "a\0b", "add-", f"add-{LONG_NUMBER}", "up-", "down--1"]
    names = (
        "action",
        "form-TOTAL_FORMS",
        "form-INITIAL_FORMS",
        "basis",
        "newest",
        "next_on",
        "review",
        "published",
    )
    names += ("slug", "placement", "query", "what", "details", "change_note", "read_instead", "code", "title")
    names += ("seen", "due_at", "reason")
    forms = [dict.fromkeys(names, value) for value in odd]
    pages = (
        "edit",
        "rename",
        "remove",
        "share",
        "publish",
        "checked",
        "discard",
        "withdraw",
        "schedule/undo",
        "again",
        "editions/1/draft",
    )
    own = [f"{address(Leaflet, 'changelist')}{pk}/{page}/" for page in pages]
    own += [f"{messages}person/", f"{messages}{Feedback.objects.get().pk}/erase/"]
    posts = [(path, {}) for path in exports] + [(path, form) for path in own for form in forms]
    posts += [(own[0], {"action": value, "form-TOTAL_FORMS": "1"}) for value in odd]

    responses = {path: sturdy_head.get(path).status_code for path in gets}
    responses |= {f"{path} {form}": sturdy_head.post(path, form).status_code for path, form in posts}

    assert unexpected(responses) == {}


# Quotations


@pytest.mark.each_database
def test_the_list_of_citations_says_what_differs_from_the_code_and_its_pages_say_how(head):
    citation = Citation.objects.published().exclude(quoted="").filter(provision__number="6.17").get()
    citation.provision.text = "A school must always involve the parents."
    store_provision(citation.provision)

    in_list = open_page(head, address(Citation, "changelist"))
    own_page = open_page(head, address(Citation, "change", citation.pk))
    paragraph = open_page(head, address(Provision, "change", citation.provision_id))

    assert "differs" in in_list.texts("*[@id='result_list']//td[@class='field-match']")
    for page in (own_page, paragraph):
        assert "differs: we print “should”, the law “must”" in page.text("main")


def test_a_leaflet_says_how_it_matches_the_words_of_the_law_that_staff_save(head):
    quoted = Provision.objects.get(number="6.17")
    url = address(Provision, "change", quoted.pk)

    def caption_after(text):
        fields = {"chapter": quoted.chapter_id, "heading": "", "text": text, "url": ""}
        assert head.post(url, fields).status_code == 302
        page = open_page(HttpsClient(), "/leaflets/sen-support/")
        return next(words for words in page.texts("figcaption") if "6.17" in words)

    assert caption_after("A school should always involve the parents.").endswith("6.17 Word for word")
    assert caption_after("A school should always involve the parents. Each of them.").endswith("Shortened")
    assert caption_after("A school must involve the parents.").endswith("6.17")
    assert caption_after("").endswith("6.17")


# Text on every page


def test_a_list_of_phone_numbers_that_would_make_every_page_slow_is_refused(head):
    url = address(Service, "change", 1)

    page = Page(url, head.post(url, service_form(head) | {"phones": "01632 960000\n" * 21}))

    assert "Write at most 20 lines." in page.text("main")
    page = Page(url, head.post(url, service_form(head) | {"address": "a" * 201}))
    assert "write at most 200 characters on each line." in page.text("main")
