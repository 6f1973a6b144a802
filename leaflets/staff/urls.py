"""URLs of sign-in. Of allauth's views only these have one: sign-up, for example, has none.

Include before the admin's URLs: two of those are replaced.
"""

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as recovery_codes_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as webauthn_views
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from . import history, single_sign_on, views
from .views import require_password_login, with_merged_entries

_PROVIDER = {"provider_id": single_sign_on.PROVIDER}

staff_urlpatterns = [
    path("", never_cache(views.AccountView.as_view()), name="mfa_index"),
    path("sign-in/", views.LoginView.as_view(), name="account_login"),
    path("sign-out/", never_cache(account_views.logout), name="account_logout"),
    path("sign-out-everywhere/", views.sign_out_everywhere, name="staff-sign-out-everywhere"),
    path("closed/", never_cache(account_views.account_inactive), name="account_inactive"),
    path("again/", views.reauthenticate, name="account_reauthenticate"),
    # Passwords
    path("invitation/<str:token>/", require_password_login(views.accept_invitation), name="staff-invitation"),
    path(
        "password/",
        require_password_login(with_merged_entries(views.change_password)),
        name="account_change_password",
    ),
    path(
        "password/forgotten/",
        require_password_login(never_cache(views.PasswordResetView.as_view())),
        name="account_reset_password",
    ),
    path(
        "password/forgotten/sent/",
        require_password_login(never_cache(account_views.password_reset_done)),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        require_password_login(never_cache(with_merged_entries(account_views.password_reset_from_key))),
        name="account_reset_password_from_key",
    ),
    # The second step
    path("second-step/", mfa_views.authenticate, name="mfa_authenticate"),
    path("second-step/again/", never_cache(mfa_views.reauthenticate), name="mfa_reauthenticate"),
    path(
        "second-step/app/",
        never_cache(with_merged_entries(totp_views.activate_totp)),
        name="mfa_activate_totp",
    ),
    path(
        "second-step/app/remove/",
        never_cache(with_merged_entries(totp_views.deactivate_totp)),
        name="mfa_deactivate_totp",
    ),
    path(
        "second-step/codes/",
        never_cache(recovery_codes_views.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "second-step/codes/new/",
        never_cache(with_merged_entries(recovery_codes_views.generate_recovery_codes)),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-step/passkey/",
        never_cache(with_merged_entries(webauthn_views.add_webauthn)),
        name="mfa_add_webauthn",
    ),
    path(
        "second-step/passkey/again/",
        never_cache(webauthn_views.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "second-step/passkey/<int:pk>/remove/",
        never_cache(with_merged_entries(webauthn_views.remove_webauthn)),
        name="mfa_remove_webauthn",
    ),
    # allauth redirects here after a change; the account page lists passkeys.
    path("second-step/passkeys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    # Single sign-on
    path("council/", never_cache(single_sign_on.sign_in), _PROVIDER, name="openid_connect_login"),
    path("council/back/", never_cache(single_sign_on.callback), _PROVIDER, name="openid_connect_callback"),
    path("break-glass/<str:token>/", views.break_glass, name="staff-break-glass"),
]

urlpatterns = [
    path("admin/login/", views.admin_login),
    path("admin/history/", history.page, name="history"),
    path("admin/history/export/", history.export, name="history-export"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("staff/", include(staff_urlpatterns)),
]
