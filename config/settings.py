"""Settings, all read from the environment or `.env`; the README has them in one table."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

from config import mail
from config.database import OWNER, Embedded
from config.domains import ROOT, domains
from config.home import secret
from config.logs import configuration

_SWITCHES = {
    **dict.fromkeys(("on", "true", "yes", "ok", "y", "1"), True),
    **dict.fromkeys(("off", "false", "no", "n", "0", ""), False),
}
"""The words for on and off, and nothing at all."""


class _Environment(environ.Env):  # type: ignore[misc]
    """A setting that cannot be read is named, with what stood there."""

    def get_value(self, var: str, *arguments: Any, **options: Any) -> Any:
        try:
            return super().get_value(var, *arguments, **options)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var}={self.ENVIRON.get(var)!r}: {error}") from error

    def whole(self, var: str, default: int) -> int:
        """A number such as 8000."""
        return int(self._digits(var, default, r"\d+", "a whole number"))

    def number(self, var: str, default: float) -> float:
        """A number such as 0.5."""
        return float(self._digits(var, default, r"\d*\.?\d+", "a number, such as 10 or 0.5"))

    def _digits(self, var: str, default: float, form: str, what: str) -> str:
        text: str = self.str(var, default=str(default)).strip()
        if re.fullmatch(form, text, re.ASCII) is None:
            raise ImproperlyConfigured(f"{var}={text!r}: it must be {what}, from 0 on.")
        return text

    def switch(self, var: str) -> bool:
        """On or off; it is off where nothing is said."""
        said: str = self.str(var, default="").strip()
        if said.lower() not in _SWITCHES:
            raise ImproperlyConfigured(f"{var}={said!r}: it must be on or off.")
        return _SWITCHES[said.lower()]

    def zone(self, var: str, default: str) -> str:
        """The name of a time zone."""
        name: str = self.str(var, default=default)
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ImproperlyConfigured(f"{var}={name!r}: there is no such time zone.") from error

    def origins(self, var: str) -> frozenset[str]:
        """Origins of pages, such as https://app.example, divided by commas."""
        found = frozenset(name.strip() for name in self.list(var, default=[]))
        for origin in found:
            scheme, host, *rest = urlsplit(origin)
            if scheme not in ("http", "https") or not host or any(rest) or origin.lower() != origin:
                raise ImproperlyConfigured(
                    f"{var}: {origin!r} is no origin such as https://app.example."
                )
        return found

    def networks(self, var: str) -> list[IPv4Network | IPv6Network]:
        """Networks such as 10.1.0.0/16, divided by commas."""
        names = self.list(var, default=[])
        try:
            return [ip_network(name.strip()) for name in names]
        except ValueError as error:
            raise ImproperlyConfigured(f"{var}={','.join(names)!r}: {error}") from error


env = _Environment()
environ.Env.read_env(ROOT / ".env")

HOME = Path(env.str("DAYBOOK_HOME", default=str(ROOT / "var"))).absolute()


DEBUG = env.switch("DEBUG")
SECRET_KEY = env.str("SECRET_KEY", default="") or secret(HOME, "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Behind a proxy that speaks HTTPS and says so in X-Forwarded-Proto.
HTTPS = env.switch("HTTPS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.whole("PORT", default=8000)

# --- the product's own -----------------------------------------------------------------------
DAYBOOK_SCHEMA = env.str("DAYBOOK_SCHEMA", default="public")
DAYBOOK_BOOK_TIME_ZONE = env.zone("DAYBOOK_BOOK_TIME_ZONE", default="UTC")
DAYBOOK_COMMAND_DEADLINE = env.number("DAYBOOK_COMMAND_DEADLINE", default=10)
DAYBOOK_CORS_ORIGINS = env.origins("DAYBOOK_CORS_ORIGINS")
DAYBOOK_CURRENCIES = env.str("DAYBOOK_CURRENCIES", default="")
DAYBOOK_SELF_SERVICE = env.switch("DAYBOOK_SELF_SERVICE")
DAYBOOK_HEADS_FOLDER = env.str("DAYBOOK_HEADS_FOLDER", default="")
DAYBOOK_HEADS_EVERY = env.number("DAYBOOK_HEADS_EVERY", default=3_600)
DAYBOOK_MAX_OPEN_HOLDS = env.whole("DAYBOOK_MAX_OPEN_HOLDS", default=1_000)
DAYBOOK_QUEUE_LIMIT = env.whole("DAYBOOK_QUEUE_LIMIT", default=10_000)
DAYBOOK_RATE_LIMIT = env.number("DAYBOOK_RATE_LIMIT", default=0)
DAYBOOK_UNIQUE_REFERENCES = env.switch("DAYBOOK_UNIQUE_REFERENCES")
DAYBOOK_REQUIRE_IDEMPOTENCY_KEY = env.switch("DAYBOOK_REQUIRE_IDEMPOTENCY_KEY")
DAYBOOK_WEBHOOK_ALLOW = env.networks("DAYBOOK_WEBHOOK_ALLOW")

# --- e-mail ---------------------------------------------------------------------------------
vars().update(mail.settings(env.email_url("EMAIL_URL", default="consolemail://")))
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="daybook@localhost")

# --- database --------------------------------------------------------------------------------
EMBEDDED = None if env.str("DATABASE_URL", default="") else Embedded(HOME)
DATABASE_SESSION_URL = env.str("DATABASE_SESSION_URL", default="")


_REACH = {"HOST", "PORT", "USER", "PASSWORD"}


def _parsed(name: str) -> dict[str, Any]:
    # It may have a password, and is not told.
    address = env.str(name, default="")
    if address and address.partition("://")[0] not in ("postgres", "postgresql", "psql", "pgsql"):
        example = "postgres://daybook:secret@db.example/daybook"
        raise ImproperlyConfigured(f"{name} is no address of a PostgreSQL such as {example}.")
    return dict(environ.Env.db_url_config(address)) if address else {}


DATABASES: dict[str, dict[str, object]] = {
    "default": {
        **(EMBEDDED.settings() if EMBEDDED else _parsed("DATABASE_URL")),
        "ENGINE": "config.postgres",
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # What the address asks for, such as sslmode, comes first.
            **_parsed("DATABASE_URL").get("OPTIONS", {}),
            "prepare_threshold": 2,
            "options": f"-c search_path={DAYBOOK_SCHEMA}",
            "application_name": "daybook",
        },
    }
}
# How `migrate`, and it alone, reaches the database: as the role that owns the events. Empty where
# one role does both.
_owner = EMBEDDED.settings(OWNER) if EMBEDDED else _parsed("DATABASE_OWNER_URL")
DATABASE_OWNER = {key: value for key, value in _owner.items() if key in _REACH}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Django ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "eventstore",
    "commands.access",
    "commands.engine",
    "commands.webhooks",
    *domains("commands", "apps.py"),
    "projections.engine",
    *domains("projections", "models.py"),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular_sidecar",
]
AUTH_USER_MODEL = "access.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]

MIDDLEWARE = [
    "config.middleware.every_answer",
    "config.middleware.compressed",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.languages.spoken",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "commands.access.middleware.principal",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "commands.engine.notifications.on_pages",
            ]
        },
    }
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [ROOT / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [ROOT / "static", ("roads", ROOT / "docs" / "roads")]
STATIC_ROOT = HOME / "static"
STORAGES = {"staticfiles": {"BACKEND": "servestatic.storage.CompressedStaticFilesStorage"}}
CSRF_FAILURE_VIEW = "config.problems.stale_form"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

LOGGING = configuration()

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "commands.access.authentication.TokenAuthentication",
        "commands.access.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["commands.access.permissions.MayRead"],
    "DEFAULT_PARSER_CLASSES": ["commands.engine.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["eventstore.http.Renderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "eventstore.http.Negotiation",
    # `format` is a parameter like others, of those that have it.
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_THROTTLE_CLASSES": ["commands.access.throttling.PrincipalRate"],
    "EXCEPTION_HANDLER": "config.problems.exception_handler",
}
