"""The forms of signing in: allauth's, in our words."""

import contextlib
from collections.abc import Iterator
from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from . import emails
from .invitations import find_user
from .security_log import logger

ADVICE = (
    "12 characters or more; 15 are better. Any characters will do, spaces too. "
    "Three or four words that have nothing to do with each other are easy to remember."
)
CODE_HELP = "The 6 digits that your authenticator app shows now."


class InOurWords:
    """A form whose fields say what they are for once, in a label that stays."""

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
def _pauses_written_down(user: User) -> Iterator[None]:
    """Somebody shows a second step. allauth tells us of wrong codes, and of nothing else that goes wrong."""
    try:
        yield
    except ValidationError as error:
        if error.code == "too_many_login_attempts":
            logger.warning("The second step of %s is paused.", user.get_username())
        raise


class _Code(InOurWords):
    labels = {"code": "Code"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {
            "inputmode": "numeric",
            "autocapitalize": "off",
            "spellcheck": "false",
        }

    def clean_code(self) -> str:
        with _pauses_written_down(self.user):
            return str(super().clean_code())


class _Passkey:
    def clean_credential(self) -> Authenticator:
        with _pauses_written_down(self.user):
            try:
                return super().clean_credential()
            except ValidationError as error:
                if error.code == "incorrect_code":
                    logger.warning("A passkey was wrong for %s.", self.user.get_username())
                raise


class SignInForm(InOurWords, account_forms.LoginForm):
    labels = {"login": "Username", "password": "Password"}
    help_texts = {"login": "For most people this is their work e-mail address."}


class PasswordAgainForm(InOurWords, account_forms.ReauthenticateForm):
    labels = {"password": "Your password"}


class ChangePasswordForm(InOurWords, account_forms.ChangePasswordForm):
    labels = {
        "oldpassword": "The password that you have now",
        "password1": "New password",
        "password2": "The new password again",
    }
    help_texts = {"password1": ADVICE}

    def clean_oldpassword(self) -> str:
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            logger.warning("A password was wrong for %s.", self.user.get_username())
            raise


class ForgottenPasswordForm(InOurWords, account_forms.ResetPasswordForm):
    labels = {"email": "Your work e-mail address"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["invalid"] = (
            "Check your e-mail address. It should look like name@example.org."
        )

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send a letter either way: it takes the same time, and who has no account learns it and nobody else."""
        if self.users:
            return str(super().save(request, **kwargs))
        emails.send("account/email/unknown_account", self.cleaned_data["email"], {})
        return str(self.cleaned_data["email"])


class NewPasswordForm(InOurWords, account_forms.ResetPasswordKeyForm):
    labels = {"password1": "New password", "password2": "The new password again"}
    help_texts = {"password1": ADVICE}


class CodeForm(_Code, AuthenticateForm):
    help_texts = {"code": f"{CODE_HELP} Or one of your recovery codes."}


class CodeAgainForm(_Code, ReauthenticateForm):
    help_texts = {"code": f"{CODE_HELP} Or one of your recovery codes."}


class PasskeyForm(_Passkey, AuthenticateWebAuthnForm):
    """The second step by passkey."""


class PasskeyAgainForm(_Passkey, ReauthenticateWebAuthnForm):
    """The same, to show again who somebody is."""


class FirstCodeForm(_Code, ActivateTOTPForm):
    help_texts = {"code": CODE_HELP}


class NewPasskeyForm(InOurWords, AddWebAuthnForm):
    labels = {"name": "A name for it"}
    help_texts = {"name": "So that you can tell your passkeys apart."}


class InviteForm(forms.ModelForm):
    """An administrator makes an account. The password is its owner's business."""

    email = forms.EmailField(
        label="E-mail address", help_text="The person's own work address. It is the username too."
    )
    name = forms.CharField(label="Name", max_length=150, required=False)
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )
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
