"""The staff's pages inside Django's admin: every one opens, and published words are only read there."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.urls import reverse

from leaflets.feedback.models import Feedback
from leaflets.models import Citation, Edition, Section, Service
from tests.conftest import Visitor
from tests.factories import edit_as_staff, message
from tests.pages import Page, load_site, visit, written

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
NAMES = [model._meta.label for model in MODELS]


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        plans = written("Words.", "plans", title="Plans", formerly="[ehc-plans]")
        load_site(tmp_path_factory.mktemp("site"), plans)
        edit_as_staff("The first edition is an older one now.")
        message("Very <b>clear</b>.")


@pytest.fixture
def head() -> Visitor:
    """A superuser."""
    visitor = Visitor()
    visitor.force_login(User.objects.create_superuser("head"))
    return visitor


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def open_page(visitor: Visitor, url: str) -> Page:
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


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_list_opens(head, model):
    assert open_page(head, address(model, "changelist")).status == 200


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_list_can_be_searched_filtered_and_sorted(head, model):
    columns = len(admin.site._registry[model].list_display)
    order = ".".join(str(number) for number in range(1, columns + 1))

    assert open_page(head, f"{address(model, 'changelist')}?q=sen&o={order}").status == 200


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_every_record_opens(head, model):
    for record in model._default_manager.all()[:5]:
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


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_an_unknown_record_is_no_server_error(head, model):
    for number in (999_999, "9" * 30, "x", "١"):
        assert open_page(head, address(model, "change", number)).status in (200, 404), number


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
    newcomer = Visitor()
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


def service_form(head: Visitor) -> dict[str, str]:
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


@pytest.mark.parametrize("field", ["name", "full_name", "council", "officer"])
@pytest.mark.parametrize("text", ["IASS\r\nBcc: all@evil.example", "IASS\x1b[2J", "IASS\u2028x"])
def test_a_line_break_in_the_name_of_the_service_is_refused(head, field, text):
    before = getattr(Service.objects.get(), field)

    page = Page("", head.post(address(Service, "change", 1), service_form(head) | {field: text}))

    assert "has a line break or an invisible character in it" in page.text("body")
    assert getattr(Service.objects.get(), field) == before


@pytest.mark.parametrize("field", ["phones", "address", "officer_address"])
def test_a_record_without_a_required_line_is_refused(head, field):
    page = Page("", head.post(address(Service, "change", 1), service_form(head) | {field: "  "}))

    assert page.status == 200
    assert page.all("*[@class='errorlist']") != []


# Looking is safe


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/"])
def test_staff_pages_are_not_cached(head, path):
    assert "no-store" in head.get(path, follow=True)["Cache-Control"]


def test_staff_pages_cannot_be_framed(head):
    response = head.get("/admin/")

    assert response["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_a_staff_form_posted_from_another_site_is_refused():
    visitor = Visitor(enforce_csrf_checks=True)
    visitor.force_login(User.objects.create_superuser("careful"))

    response = visitor.post(address(Feedback, "delete", Feedback.objects.get().pk), {"post": "yes"})

    assert response.status_code == 403
    assert Feedback.objects.exists()
