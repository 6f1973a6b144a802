"""What a member of staff is called, and which of them have a permission."""

from django.contrib.auth.models import AbstractUser, User
from django.db.models import QuerySet


def name_of(user: AbstractUser) -> str:
    """Return the full name of a person, or the username where no name is known."""
    return user.get_full_name() or user.get_username()


def staff_with_permission(permission: str, *, administrators: bool = True) -> QuerySet[User]:
    """Return the active members of staff with a permission. Administrators have all of them."""
    backend = "django.contrib.auth.backends.ModelBackend"
    found = User.objects.with_perm(permission, include_superusers=administrators, backend=backend)
    return found.filter(is_staff=True).order_by("username")
