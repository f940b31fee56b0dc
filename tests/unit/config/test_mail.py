"""One address says how e-mails are sent, whichever Django sends them."""

import django
import environ
import pytest

from config import mail

SMTP = "smtp+tls://user:s%40cret@mail.example:587"
BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def found(address):
    return environ.Env().email_url_config(address)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (
            (5, 2),
            {
                "EMAIL_BACKEND": BACKEND, "EMAIL_HOST": "mail.example", "EMAIL_PORT": 587,
                "EMAIL_HOST_USER": "user", "EMAIL_HOST_PASSWORD": "s@cret", "EMAIL_USE_TLS": True,
                "EMAIL_TIMEOUT": 10,
            },
        ),
        (
            (6, 1),
            {
                "MAILERS": {
                    "default": {
                        "BACKEND": BACKEND,
                        "OPTIONS": {
                            "host": "mail.example", "port": 587, "username": "user",
                            "password": "s@cret", "use_tls": True, "timeout": 10,
                        },
                    }
                }
            },
        ),
    ],
)  # fmt: skip
def test_an_address_becomes_the_settings_of_this_django(monkeypatch, version, said):
    monkeypatch.setattr(django, "VERSION", version)
    assert mail.settings(found(SMTP)) == said


def test_without_a_server_they_are_printed():
    said = str(mail.settings(found("consolemail://")))
    assert "console.EmailBackend" in said
    assert "None" not in said
