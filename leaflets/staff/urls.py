"""Addresses of signing in. Of allauth's, only those that are used here: every other one does not exist.

To be included before the admin's: two of its addresses are taken.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from . import single_sign_on, views
from .views import with_passwords

_COUNCIL = {"provider_id": single_sign_on.PROVIDER}

staff = [
    path("", never_cache(views.Account.as_view()), name="mfa_index"),
    path("sign-in/", views.SignIn.as_view(), name="account_login"),
    path("sign-out/", never_cache(account.logout), name="account_logout"),
    path("sign-out-everywhere/", views.sign_out_everywhere, name="staff-sign-out-everywhere"),
    path("closed/", never_cache(account.account_inactive), name="account_inactive"),
    path("again/", views.show_again, name="account_reauthenticate"),
    # Passwords
    path("invitation/<str:token>/", with_passwords(views.accept_invitation), name="staff-invitation"),
    path("password/", with_passwords(views.change_password), name="account_change_password"),
    path(
        "password/forgotten/",
        with_passwords(never_cache(views.ForgottenPassword.as_view())),
        name="account_reset_password",
    ),
    path(
        "password/forgotten/sent/",
        with_passwords(never_cache(account.password_reset_done)),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        with_passwords(never_cache(account.password_reset_from_key)),
        name="account_reset_password_from_key",
    ),
    # The second step
    path("second-step/", mfa.authenticate, name="mfa_authenticate"),
    path("second-step/again/", never_cache(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("second-step/app/", never_cache(totp.activate_totp), name="mfa_activate_totp"),
    path("second-step/app/remove/", never_cache(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("second-step/codes/", never_cache(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "second-step/codes/new/",
        never_cache(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("second-step/passkey/", never_cache(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path(
        "second-step/passkey/again/",
        never_cache(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "second-step/passkey/<int:pk>/remove/",
        never_cache(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    # The account's page lists them.
    path("second-step/passkeys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    # The council's own sign-in
    path("council/", never_cache(single_sign_on.sign_in), _COUNCIL, name="openid_connect_login"),
    path("council/back/", never_cache(single_sign_on.callback), _COUNCIL, name="openid_connect_callback"),
    # When everything else is broken
    path("break-glass/<str:token>/", views.break_glass, name="staff-break-glass"),
]

urlpatterns = [
    path("admin/login/", views.to_sign_in),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("staff/", include(staff)),
]
