"""Forms of sign-in: allauth's with our labels, help texts and log lines, and the form that invites a user."""

import contextlib
from collections.abc import Iterator
from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from leaflets.admin_limits import RecordsField
from leaflets.record_forms import RecordForm

from . import accounts, emails
from .allauth_internals import check_code, check_passkey, refuse_malformed_passkey, request_context
from .invitations import find_user
from .security_log import logger
from .throttling import limit_second_step

STRENGTH_HELP = (
    "12 characters or more; 15 are better. Any characters will do, spaces too. "
    "Three or four words that have nothing to do with each other are easy to remember."
)
LAST_ADMINISTRATOR = "The only administrator is {}. Make another account an administrator first."
CODE_HELP = "The 6 digits that your authenticator app shows now."


class LabelsMixin:
    """Set labels and help texts by field name; remove placeholders, which disappear while typing."""

    labels: dict[str, str] = {}
    help_texts: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")
            field.error_messages["required"] = f"Fill in: {field.label}."


@contextlib.contextmanager
def _log_rate_limit(user: User) -> Iterator[None]:
    """Log that MFA is rate limited."""
    try:
        yield
    except ValidationError as error:
        if error.code == "too_many_login_attempts":
            logger.warning("The second step of %s is paused.", user.get_username())
        raise


class _CodeMixin(LabelsMixin):
    labels = {"code": "Code"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {
            "inputmode": "numeric",
            "autocapitalize": "off",
            "spellcheck": "false",
        }


class _SecondStepCodeMixin(_CodeMixin):
    def clean_code(self) -> str:
        """Check a code in place of allauth, whose limit would let others lock the user out. See `throttling`."""
        code = str(self.cleaned_data["code"])
        with _log_rate_limit(self.user), limit_second_step(request_context.request, self.user):
            authenticator = check_code(self.user, code)
            if authenticator is None:
                logger.warning("A code was wrong for %s.", self.user.get_username())
                raise get_adapter().validation_error("incorrect_code")
        self.authenticator = authenticator
        return code


class _CredentialField(forms.JSONField):
    """What a browser answers for a passkey, as JSON. One that is nested too deeply is malformed."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        # When the form is shown again, the browser asks for the passkey again.
        return None


class _PasskeyMixin:
    def clean_credential(self) -> Authenticator:
        """Check a passkey in place of allauth: see `_SecondStepCodeMixin`."""
        with _log_rate_limit(self.user), limit_second_step(request_context.request, self.user):
            try:
                return check_passkey(self.user, self.cleaned_data["credential"])
            except ValidationError as error:
                if error.code == "incorrect_code":
                    logger.warning("A passkey was wrong for %s.", self.user.get_username())
                raise


class LoginForm(LabelsMixin, account_forms.LoginForm):
    labels = {"login": "Username", "password": "Password"}
    help_texts = {"login": "For most people this is their work e-mail address."}


class ReauthenticatePasswordForm(LabelsMixin, account_forms.ReauthenticateForm):
    labels = {"password": "Your password"}


class ChangePasswordForm(LabelsMixin, account_forms.ChangePasswordForm):
    labels = {
        "oldpassword": "The password that you have now",
        "password1": "New password",
        "password2": "The new password again",
    }
    help_texts = {"password1": STRENGTH_HELP}

    def clean_oldpassword(self) -> str:
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            logger.warning("A password was wrong for %s.", self.user.get_username())
            raise


class ResetPasswordForm(LabelsMixin, account_forms.ResetPasswordForm):
    labels = {"email": "Your work e-mail address"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["invalid"] = (
            "Check your e-mail address. It should look like name@example.org."
        )

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send an e-mail whether or not the account exists: neither the response nor its time reveals which."""
        if self.users:
            return str(super().save(request, **kwargs))
        emails.send("account/email/unknown_account", self.cleaned_data["email"], {})
        return str(self.cleaned_data["email"])


class SetPasswordForm(LabelsMixin, account_forms.ResetPasswordKeyForm):
    """For a user identified by a link: a password reset or an invitation."""

    labels = {"password1": "New password", "password2": "The new password again"}
    help_texts = {"password1": STRENGTH_HELP}


class AuthenticateCodeForm(_SecondStepCodeMixin, mfa_forms.AuthenticateForm):
    help_texts = {"code": f"{CODE_HELP} Or one of your recovery codes."}


class ReauthenticateCodeForm(_SecondStepCodeMixin, mfa_forms.ReauthenticateForm):
    help_texts = {"code": f"{CODE_HELP} Or one of your recovery codes."}


class AuthenticatePasskeyForm(_PasskeyMixin, webauthn_forms.AuthenticateWebAuthnForm):
    credential = _CredentialField()


class ReauthenticatePasskeyForm(_PasskeyMixin, webauthn_forms.ReauthenticateWebAuthnForm):
    credential = _CredentialField()


class ActivateTOTPForm(_CodeMixin, totp_forms.ActivateTOTPForm):
    help_texts = {"code": CODE_HELP}

    def clean_code(self) -> str:
        with _log_rate_limit(self.user):
            return str(super().clean_code())


class AddPasskeyForm(LabelsMixin, webauthn_forms.AddWebAuthnForm):
    labels = {"name": "A name for it"}
    help_texts = {"name": "So that you can tell your passkeys apart."}

    credential = _CredentialField()

    def clean(self) -> dict[str, Any]:
        # It reads the answer, and no more than the session beside it.
        with refuse_malformed_passkey():
            return dict(super().clean())


class AccountForm(RecordForm, UserChangeForm):
    """Change an account in the admin. Needs a transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("is_active"):
            field.help_text = (
                "Take the tick away to close the account: nobody can sign in with it any more, and what it did "
                "keeps its name. “Close the account” in the list of people says first what the person leaves."
            )

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        if accounts.is_username_taken(username, by_other_than=self.instance):
            raise forms.ValidationError(
                "There is an account with this username already. Capital and small letters count as the same."
            )
        return username

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        stays = all(data.get(name, True) for name in ("is_active", "is_staff", "is_superuser"))
        if not stays and accounts.is_last_administrator(self.instance, lock=True):
            raise forms.ValidationError(LAST_ADMINISTRATOR.format(self.instance.get_username()))
        return data


class InviteForm(forms.ModelForm):
    """Create an account in the admin. The user sets the password with the invitation link."""

    email = forms.EmailField(
        label="E-mail address", help_text="The person's own work address. It is the username too."
    )
    name = forms.CharField(label="Name", max_length=150, required=False)
    groups = RecordsField(Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple)
    administrator = forms.BooleanField(
        required=False, help_text="May do everything, and look after the accounts of others."
    )

    class Meta:
        model = User
        fields = ()

    def clean_email(self) -> str:
        address = self.cleaned_data["email"].lower()
        if find_user(address):
            raise forms.ValidationError("Somebody with this address has an account already.")
        return str(address)

    def clean(self) -> None:
        super().clean()
        if not self.errors and not (self.cleaned_data["groups"] or self.cleaned_data["administrator"]):
            self.add_error(
                "groups",
                "Choose at least one group, or “Administrator”. Without one the person can do nothing here.",
            )
