#!/usr/bin/env python
"""Start Django's management commands."""

import os
import sys

from config.home import CannotStart

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except CannotStart as error:
        sys.exit(str(error))
