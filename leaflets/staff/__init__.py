"""Staff sign-in: accounts, invitations, the second step, single sign-on. What django-allauth has is not written here."""
