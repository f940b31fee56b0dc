"""How e-mails are sent, from one address as django-environ reads it, for each Django in its way."""

from collections.abc import Mapping
from typing import Any

import django

OPTIONS = {
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
    "EMAIL_FILE_PATH": "file_path",
    "EMAIL_TIMEOUT": "timeout",
}
SECONDS = 10
"""For so long a mail server is waited for."""


def settings(found: Mapping[str, Any]) -> dict[str, Any]:
    """Django's settings: `EMAIL_…`, and from 6.1 on MAILERS."""
    given = {name: value for name, value in found.items() if value}
    if given["EMAIL_BACKEND"].endswith(".smtp.EmailBackend"):
        given.setdefault("EMAIL_TIMEOUT", SECONDS)
    if django.VERSION < (6, 1):
        return given
    options = {OPTIONS[name]: value for name, value in given.items() if name in OPTIONS}
    return {"MAILERS": {"default": {"BACKEND": given["EMAIL_BACKEND"], "OPTIONS": options}}}
