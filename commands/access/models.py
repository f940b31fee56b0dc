"""Users and their tokens: the only place where personal data lives."""

import hashlib
import secrets
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from eventstore.ids import uuid7

SCOPES = ("read", "write", "events:read")
NAME = 100
"""Letters that the name of a token has at most."""
BEGINNING = r"\A[a-z0-9_.:-]{0,200}\Z"
"""How the code of an account may begin."""


class User(AbstractUser):
    """Somebody who logs in. The id never changes: it is the `owner` and `actor` in events."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta(AbstractUser.Meta):
        permissions = [
            ("view_ledger", "See every account, transfer and event (group view)"),
            ("operate", "Open accounts and post to any of them (group operate)"),
            ("force", "Pass the check of funds, with a reason (group force)"),
            ("close_books", "Close and reopen the books (group close)"),
        ]


class Token(models.Model):
    """A key to the API, `db_<id>_<secret>`, shown once.

    Only the secret's SHA-256 is kept: with 256 random bits there is nothing to guess, so a slow
    hash would only slow the requests down. No scopes: all that the user may do.
    """

    id = models.CharField(primary_key=True, max_length=12, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=NAME, blank=True, db_default="")
    secret_sha256 = models.BinaryField(max_length=32)
    scopes = models.JSONField(default=list)
    prefix = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"db_{self.id}_…"

    @classmethod
    def issue(
        cls,
        user: User,
        *,
        id: str = "",
        name: str = "",
        scopes: list[str] | None = None,
        prefix: str = "",
        expires_at: datetime | None = None,
    ) -> str:
        """Make a token and give its text, which is nowhere kept; `id` may be drawn beforehand.

        Raises:
            IntegrityError: there is one with this id.
        """
        id_, secret = id or cls.new_id(), secrets.token_urlsafe(32)
        cls.objects.create(
            id=id_,
            user=user,
            name=name,
            secret_sha256=digest(secret),
            scopes=scopes or [],
            prefix=prefix,
            expires_at=expires_at,
        )
        return f"db_{id_}_{secret}"

    @staticmethod
    def is_name(text: str) -> bool:
        """Whether a token may be named so: what everybody sees of it is all there is."""
        return text.isprintable() and len(text) <= NAME

    @staticmethod
    def new_id() -> str:
        """What tells one token from all others, and is no secret."""
        return secrets.token_hex(6)

    def revoke(self) -> None:
        """Make it worthless at once and for good; the time of the first revocation stays."""
        Token.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now())
        self.refresh_from_db(fields=["revoked_at"])

    @property
    def state(self) -> str:
        """`revoked`, `expired`, or `live` as long as its user is active."""
        if self.revoked_at is not None:
            return "revoked"
        is_over = self.expires_at is not None and self.expires_at <= timezone.now()
        return "expired" if is_over else "live"

    @property
    def is_live(self) -> bool:
        """Whether it still opens the door."""
        return self.state == "live" and self.user.is_active


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()
