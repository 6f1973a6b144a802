#!/usr/bin/env python
"""Django's command line for this site."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

if __name__ == "__main__":
    # The data holds what people wrote: nobody else on this machine reads it, whichever command makes it.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"A setting is wrong: {error}")
    except (OperationalError, ProgrammingError) as error:
        if "--traceback" in sys.argv:
            raise
        said = str(error).partition("\n")[0]
        sys.exit(f"The database cannot be used: {said}. See `manage.py doctor`.")
