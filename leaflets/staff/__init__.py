"""Staff sign-in on top of django-allauth: accounts, invitations, MFA, single sign-on, rate limits, security log."""
