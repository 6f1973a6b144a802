"""Sign-in in a real browser: invitation, authenticator app, passkeys, recovery codes, single sign-on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Browser, Page, expect

from leaflets.staff import invitations
from tests.accounts import totp_code
from tests.browser.conftest import go, in_display, new_context
from tests.browser.test_accessibility import violations_light_and_dark
from tests.openid_provider import running_provider
from tests.running_site import free_port, running_site
from tests.selected_site import OnSite

NEW_PASSWORD = "four other words entirely"  # noqa: S105 - of users in tests


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_provider(tmp_path_factory.mktemp("provider") / "log") as issuer:
        yield issuer


@pytest.fixture(scope="module")
def staff_site(data_dir: Path, issuer: str) -> Iterator[str]:
    """A running site with REQUIRE_MFA. Its host is localhost, because WebAuthn does not accept an IP address."""
    directory = {
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": "leaflets",
        "OIDC_CLIENT_SECRET": "a secret",
        "OIDC_NAME": "Council account",
        "OIDC_PUBLISHERS": "send-publishers,send-more",
    }
    # The mail server cannot be reached, so that links are printed.
    with running_site(
        data_dir, REQUIRE_MFA="on", EMAIL_URL=f"smtp://127.0.0.1:{free_port()}", **directory
    ) as base:
        yield base.replace("127.0.0.1", "localhost")


@pytest.fixture
def invitation(staff_site: str, on_site: OnSite) -> Callable[[str], str]:
    """Returns a function that invites a publisher and returns the path of the link."""

    def invite(name: str) -> str:
        with on_site():
            publishers = Group.objects.filter(name="Publishers")
            user = invitations.create_user(f"{name}@council.gov.uk", groups=publishers)
            link, _ = invitations.invite(user, by="a test")
        return urlsplit(link).path

    return invite


@pytest.fixture
def window(browser: Browser, staff_site: str) -> Iterator[Callable[..., Page]]:
    """Returns a function that opens a new browser context; its console messages are in `page.console_messages`."""
    contexts = []

    def open_window(**options: object) -> Page:
        context = new_context(browser, staff_site, **options)
        contexts.append(context)
        page = context.new_page()
        page.console_messages = []
        page.on("console", lambda message: page.console_messages.append(message.text))
        page.on("pageerror", lambda error: page.console_messages.append(str(error)))
        return page

    yield open_window
    for context in contexts:
        context.close()


def accept(page: Page, link: str) -> None:
    """Set a password with an invitation link."""
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("The new password again").fill(NEW_PASSWORD)
    go(page.get_by_role("button", name="Set password"))
    expect(page.get_by_text("One thing is missing")).to_be_visible()


def set_up_app(page: Page) -> tuple[str, list[str]]:
    """Set up an authenticator app; return its key and the recovery codes."""
    go(page.get_by_role("link", name="Set up an app"))
    key = page.locator(".key-to-type").inner_text()
    page.get_by_label("Code", exact=True).fill(totp_code(key))
    go(page.get_by_role("button", name="Set up"))
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return key, page.locator(".codes code").all_inner_texts()


def sign_in(page: Page, name: str) -> None:
    """Fill in username and password."""
    page.goto("/admin/")
    page.get_by_label("Username").fill(f"{name}@council.gov.uk")
    page.get_by_label("Password").fill(NEW_PASSWORD)
    go(page.get_by_role("button", name="Sign in"))


def sign_out(page: Page) -> None:
    page.goto("/staff/")
    go(page.get_by_role("button", name="Sign out", exact=True))
    expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()


def add_virtual_authenticator(page: Page) -> None:
    """Add a virtual authenticator that always verifies its user."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})


def test_without_javascript_an_invited_user_signs_in_with_an_app_and_with_a_recovery_code(
    window: Callable[..., Page], invitation: Callable[[str], str]
) -> None:
    page = window(java_script_enabled=False)
    accept(page, invitation("ruth"))
    key, codes = set_up_app(page)
    go(page.get_by_role("link", name="Go on to your work"))
    expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()

    sign_out(page)
    sign_in(page, "ruth")
    page.get_by_label("Code", exact=True).fill(totp_code(key))
    go(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()

    sign_out(page)
    sign_in(page, "ruth")
    page.get_by_label("Code", exact=True).fill(codes[3])
    go(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()
    assert len(codes) == 10
    assert {cookie["name"] for cookie in page.context.cookies()} == {"session", "csrf"}


def test_the_qr_code_is_large_enough_for_a_phone(
    window: Callable[..., Page], invitation: Callable[[str], str]
) -> None:
    page = window()
    accept(page, invitation("quentin"))

    go(page.get_by_role("link", name="Set up an app"))

    box = page.locator(".qr svg").bounding_box()
    assert min(box["width"], box["height"]) > 150
    assert page.console_messages == []


def test_a_passkey_is_a_second_step(window: Callable[..., Page], invitation: Callable[[str], str]) -> None:
    page = window()
    add_virtual_authenticator(page)
    accept(page, invitation("piet"))

    go(page.get_by_role("link", name="Add a passkey"))
    page.get_by_label("A name for it").fill("My laptop")
    go(page.get_by_role("button", name="Add a passkey"))
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    sign_in(page, "piet")
    go(page.get_by_role("button", name="Use a passkey"))

    expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()
    page.goto("/staff/")
    expect(page.get_by_text("My laptop, added on")).to_be_visible()
    assert page.console_messages == []


def test_a_failed_passkey_shows_an_error(
    window: Callable[..., Page], invitation: Callable[[str], str]
) -> None:
    page = window()
    accept(page, invitation("nora"))
    go(page.get_by_role("link", name="Add a passkey"))

    # The browser has no authenticator, and the user cancels.
    page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.get_by_role("button", name="Add a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("This did not work.")


def test_single_sign_on_signs_in_a_user_with_a_role(window: Callable[..., Page]) -> None:
    page = window()
    page.goto("/admin/leaflets/leaflet/")

    go(page.get_by_role("link", name="Sign in with Council account"))
    go(page.get_by_role("button", name="rose", exact=True))

    expect(page.get_by_text("One thing is missing")).to_be_visible()
    expect(page.get_by_text("Rose Gray")).to_be_visible()
    set_up_app(page)
    go(page.get_by_role("link", name="Go on to your work"))
    expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()


def test_single_sign_on_refuses_a_user_without_a_role(window: Callable[..., Page]) -> None:
    page = window()
    page.goto("/staff/sign-in/")

    go(page.get_by_role("link", name="Sign in with Council account"))
    go(page.get_by_role("button", name="stranger", exact=True))

    expect(page.get_by_text("not in a group that may use this website")).to_be_visible()


PAGES = [
    "/staff/",
    "/staff/sign-out/",
    "/staff/password/",
    "/staff/second-step/again/",
    "/staff/second-step/codes/",
    "/staff/second-step/codes/new/",
    "/staff/second-step/app/remove/",
    "/staff/second-step/passkey/",
]
PUBLIC_PAGES = [
    "/staff/sign-in/",
    "/staff/password/forgotten/",
    "/staff/password/forgotten/sent/",
    "/staff/closed/",
    "/staff/invitation/none/",
]


def test_axe_finds_nothing_wrong_on_the_pages_of_sign_in(
    window: Callable[..., Page], invitation: Callable[[str], str], display: str
) -> None:
    page = window()
    wrong = {}

    def check(path: str) -> None:
        page.goto(in_display(path, display))
        wrong[path] = violations_light_and_dark(page)
        wide = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
        assert wide <= 0, path

    for path in PUBLIC_PAGES:
        check(path)
    page.goto(in_display("/staff/sign-in/", display))
    go(page.get_by_role("button", name="Sign in"))
    wrong["nothing filled in"] = violations_light_and_dark(page)
    link = invitation(display)
    check(link)
    accept(page, link)
    check("/staff/second-step/app/")
    page.goto("/staff/")
    set_up_app(page)
    wrong["codes"] = violations_light_and_dark(page)
    for path in PAGES:
        check(path)
    add_virtual_authenticator(page)
    go(page.get_by_role("button", name="Add a passkey"))
    expect(page.get_by_text("Passkey 1")).to_be_visible()
    check("/staff/second-step/passkey/again/")
    page.goto("/staff/")
    check(page.get_by_role("link", name="Remove Passkey 1").get_attribute("href"))
    sign_out(page)
    sign_in(page, display)
    check("/staff/second-step/")
    page.get_by_label("Code", exact=True).fill("no code")
    go(page.get_by_role("button", name="Sign in"))
    wrong["a wrong code"] = violations_light_and_dark(page)

    assert {path: found for path, found in wrong.items() if found} == {}
    assert [text for text in page.console_messages if "410" not in text] == []
