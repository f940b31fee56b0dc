"""The web server's entry point."""

import multiprocessing
import os

from django.core.wsgi import get_wsgi_application

from config.supervisor import end_with

# A worker whose server was killed would hold the port for ever.
if parent := multiprocessing.parent_process():
    end_with(parent.pid or 0)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
