"""Accounts in the admin: invite users, reset a second step, end sessions."""

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from leaflets.models import HistoryEntry
from leaflets.models.history import merged_entries
from leaflets.record_forms import RecordAdmin

from . import accounts, emails, invitations, mfa, open_work, sessions
from .forms import LAST_ADMINISTRATOR, AccountForm, InviteForm
from .security_log import logger, record_account

# These models hold TOTP secrets, session keys and tokens, which no administrator needs to see.
for model in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(model)
admin.site.unregister([User, Group])


class SuperuserOnlyMixin:
    """Ignore model permissions: a user who could change accounts or groups could become a superuser."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission

    # The security log and the admin's log both say what changed: in the history it is one entry.

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._with_merged_entries(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._with_merged_entries(super().delete_view, request, *args, **kwargs)

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        return self._with_merged_entries(super().response_action, request, queryset)

    @staticmethod
    def _with_merged_entries(
        view: Callable[..., Any], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Any:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with merged_entries():
            return view(request, *args, **kwargs)


@admin.register(Group)
class StaffGroupAdmin(SuperuserOnlyMixin, RecordAdmin, GroupAdmin):
    pass


@admin.register(User)
class StaffUserAdmin(SuperuserOnlyMixin, RecordAdmin, UserAdmin):
    """Users. Passwords are not set here: the user sets one with an invitation link."""

    form = AccountForm
    add_form = InviteForm
    add_form_template = None
    add_fieldsets = ((None, {"fields": ("email", "name", "groups", "administrator")}),)
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email")}),
        (
            "May sign in, may do",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "full_name", "is_active", "is_superuser", "second_step", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    actions = ["invite", "reset_second_step", "sign_out_everywhere", "close"]

    def get_urls(self) -> list:
        return [url for url in super().get_urls() if url.name != "auth_user_password_change"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        authenticators = Authenticator.objects.filter(user=OuterRef("pk"), type__in=mfa.SECOND_FACTOR_TYPES)
        return super().get_queryset(request).annotate(has_second_step=Exists(authenticators))

    @admin.display(description="name", ordering="first_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(boolean=True, description="second step")
    def second_step(self, user: Any) -> bool:
        return bool(user.has_second_step)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Without passwords, single sign-on creates the accounts.
        return settings.PASSWORD_LOGIN and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only an account without records, such as a mistyped invitation, is deleted: others are closed."""
        if obj is not None and (accounts.has_records(obj) or accounts.is_last_administrator(obj)):
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return settings.PASSWORD_LOGIN and self.has_change_permission(request)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> User:
        if change:
            return super().save_form(request, form, change)
        data = form.cleaned_data
        form.instance = invitations.create_user(
            data["email"], data["name"], data["groups"], administrator=data["administrator"]
        )
        return form.instance

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            self._invite(request, obj)
            return
        is_closed = "is_active" in form.changed_data and not obj.is_active
        # As stored: the groups of the form are saved later.
        before = User.objects.get(pk=obj.pk)
        work, warnings = open_work.count_open_work(before), open_work.find_warnings([before])
        super().save_model(request, obj, form, change)
        if is_closed:
            self._report_closing(request, work)
            for sentence in warnings:
                messages.warning(request, sentence)
        if "email" in form.changed_data:
            # Password resets go to this address: notify both, so that a change by an attacker is noticed.
            for address in (form.initial["email"], obj.email):
                emails.send("staff/email/address_changed", address, {"user": obj})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        # `create_user` has set the groups of a new user.
        if change:
            super().save_related(request, form, formsets, change)

    def _invite(self, request: HttpRequest, user: User) -> None:
        if not invitations.can_have_password(user):
            name = user.get_username()
            messages.warning(request, f"{name} signs in with the council account, and needs no password.")
            return
        link, sent = invitations.invite(user, by=request.user.get_username())
        if sent:
            messages.success(
                request, f"An e-mail with a link went to {user.email}. It works once, within 7 days."
            )
        else:
            messages.warning(
                request,
                f"No e-mail was sent. Give this link to {user.get_username()}. It works once, within 7 days: {link}",
            )

    # --- Actions ---

    @admin.action(description="Send a link for a new password", permissions=["invite"])
    def invite(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset.filter(is_active=True):
            self._invite(request, user)

    @admin.action(description="Reset the second step and the password", permissions=["change"])
    def reset_second_step(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            mfa.reset(user, by=request.user.get_username())
            messages.success(request, f"{user.get_username()} sets up a new second step at the next sign-in.")
            if user.has_usable_password():
                # The password alone would be enough to set up a new second step.
                user.set_unusable_password()
                user.save(update_fields=["password"])
                self._invite(request, user)

    @admin.action(description="Close the account", permissions=["change"])
    @transaction.atomic
    def close(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Close accounts after a page that asks, and says what the people leave. The last administrator stays."""
        users = list(queryset.filter(is_active=True).order_by("username"))
        staying = accounts.find_last_administrator(users, lock=True)
        closing = [user for user in users if user != staying]
        is_sure = request.POST.get("sure") == "yes"
        if staying and (is_sure or not closing):
            messages.error(request, LAST_ADMINISTRATOR.format(staying.get_username()))
        if not users:
            messages.warning(request, "What you ticked is closed already.")
        if not closing:
            return None
        if not is_sure:
            return self._ask_to_close(request, closing, staying)
        for user in closing:
            work = open_work.count_open_work(user)
            user.is_active = False
            user.save(update_fields=["is_active"])
            self.log_change(request, user, "Closed.")
            self._report_closing(request, work)
        return None

    def _ask_to_close(self, request: HttpRequest, closing: list[User], staying: User | None) -> HttpResponse:
        work = [open_work.count_open_work(user) for user in closing]
        names = (
            f"the account {closing[0].get_username()}" if len(closing) == 1 else f"{len(closing)} accounts"
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"Close {names}?",
            "accounts": [(one, open_work.list_open_work(one)) for one in work],
            "staying": staying,
            "warnings": open_work.find_warnings(closing),
            "has_work": any(one.lines for one in work),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/auth/user/close.html", context)

    def _report_closing(self, request: HttpRequest, work: open_work.OpenWork) -> None:
        words = f"The account {work.user.get_username()} is closed. {work.summary}".strip()
        messages.add_message(request, messages.WARNING if work.summary else messages.SUCCESS, words)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            sessions.end_sessions(user)
            logger.info(
                "%s was signed out everywhere by %s.", user.get_username(), request.user.get_username()
            )
            record_account("Signed out everywhere.", user, kind=HistoryEntry.Kind.SIGN_IN)
            messages.success(request, f"{user.get_username()} is signed out everywhere.")
