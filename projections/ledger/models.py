"""The ledger's read tables: thrown away and made again from events at any time.

Amounts are minor units. There are no foreign keys: each table is rebuilt by itself.
"""

from datetime import date, datetime

from django.db import models
from django.db.models import functions

from eventstore.fields import PlainJSON
from projections.engine.fields import Position, RecordedAt, Total


class Code(models.CharField):  # type: ignore[type-arg]
    """An account's code, compared byte by byte."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{"max_length": 200, "db_collation": "C"} | options)  # type: ignore


class Balances(models.Manager["Balance"]):
    """Accounts, each with what is held of it now: its open holds whose time is not over."""

    def get_queryset(self) -> models.QuerySet["Balance"]:
        open_ = Hold.objects.filter(account=models.OuterRef("account"), status="open")
        still = open_.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=StatementTime()))
        total = still.order_by().values("account").values(total=models.Sum("remaining"))
        held = functions.Coalesce(models.Subquery(total), 0, output_field=Total())
        return super().get_queryset().annotate(held=held)  # type: ignore[no-redef]


class StatementTime(models.Func):
    """When the statement began, by the database's clock; it goes on within a transaction."""

    function = "statement_timestamp"
    output_field = models.DateTimeField()


class Balance(models.Model):
    """An account with its totals; what flowed in and out is kept apart.

    `held` comes with each row that is read: it changes with the clock. As of a date it is None.
    `read_at`, which rows of a list have, is that clock.
    """

    account = Code(primary_key=True)
    name = models.TextField()
    currency = models.CharField(max_length=24)
    exponent = models.SmallIntegerField()
    normal_balance = models.CharField(max_length=6)
    overdraft_limit = Total(null=True)
    owner = models.UUIDField(null=True)
    status = models.CharField(max_length=6, default="open")
    frozen_scope = models.CharField(max_length=7, null=True)
    metadata = PlainJSON()
    debits = Total(default=0)
    credits = Total(default=0)
    version = models.BigIntegerField()

    held: int | None
    read_at: datetime
    objects = Balances()

    class Meta:
        indexes = [models.Index("owner", "account", name="balance_owner_account")]
        verbose_name = "account"

    def __str__(self) -> str:
        return str(self.account)

    @property
    def posted(self) -> int:
        """The balance in the account's own direction."""
        net: int = self.credits - self.debits
        return net if self.normal_balance == "credit" else -net

    @property
    def available(self) -> int | None:
        """What may still flow out; None when that is unlimited, or nobody says what is held."""
        if self.overdraft_limit is None or self.held is None:
            return None
        return self.posted - self.held + int(self.overdraft_limit)


class AccountDetails(models.Model):
    """What describes an account, from one position on: it is as the last row says."""

    position = Position(primary_key=True)
    account = Code()
    name = models.TextField()
    overdraft_limit = Total(null=True)
    owner = models.UUIDField(null=True)
    status = models.CharField(max_length=6, default="open")
    frozen_scope = models.CharField(max_length=7, null=True)
    metadata = PlainJSON()
    version = models.BigIntegerField()

    class Meta:
        indexes = [models.Index("account", "position", name="details_account_position")]
        verbose_name_plural = "account details"

    def __str__(self) -> str:
        return f"{self.account} from {self.position}"


class Entry(models.Model):
    """One change of one account, with the account's totals, this entry included.

    `debits` and `credits` are of all entries up to this position, `day_debits` and `day_credits`
    of those among them that have its business date.
    """

    position = Position(primary_key=True)
    account = Code()
    transfer = models.UUIDField()
    direction = models.CharField(max_length=6)
    amount = Total()
    debits = Total(default=0)
    credits = Total(default=0)
    day_debits = Total(default=0)
    day_credits = Total(default=0)
    effective_on = models.DateField()
    recorded_at = RecordedAt()

    class Meta:
        indexes = [
            models.Index("account", "position", name="entry_account_position"),
            models.Index(
                fields=["account", "effective_on", "position"],
                include=["day_debits", "day_credits"],
                name="entry_account_day",
            ),
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.account} at {self.position}"


def day_key(account: str, day: date) -> str:
    """The key of an account's business date; those of an account sort by their dates."""
    return f"{account}@{day.isoformat()}"


class DailyTotal(models.Model):
    """What was posted to an account on a business date; the worker keeps it up with the log.

    The key is both, so that an account's days are one range of it: no code has an `@`.
    """

    id = Code(max_length=211, primary_key=True)
    account = Code()
    day = models.DateField()
    debits = Total(default=0)
    credits = Total(default=0)
    entries = models.IntegerField(default=0)

    def __str__(self) -> str:
        return str(self.id)


class Activity(models.Model):
    """What happened to an account, as the event says it; the worker keeps it up with the log.

    `kind` is the name of the event, `amount` what moved or was set aside, where the event says it.
    `facts` are what else it says. `request` is the one that caused it.
    """

    position = Position(primary_key=True)
    account = Code()
    kind = models.CharField(max_length=40)
    amount = Total(null=True)
    transfer = models.UUIDField(null=True)
    holds = PlainJSON()
    facts = PlainJSON()
    request = models.UUIDField(null=True)
    recorded_at = RecordedAt()

    class Meta:
        indexes = [
            models.Index("account", "position", name="activity_account"),
            models.Index("account", "kind", "position", name="activity_account_kind"),
            models.Index("kind", "position", name="activity_kind"),
        ]
        verbose_name_plural = "activity"

    def __str__(self) -> str:
        return f"{self.kind} at {self.position}"


class Transfer(models.Model):
    """A transfer as it was posted, and what became of it."""

    id = models.UUIDField(primary_key=True)
    position = Position(unique=True)
    legs = PlainJSON()
    effective_on = models.DateField()
    recorded_at = RecordedAt()
    description = models.TextField()
    reference = models.TextField()
    metadata = PlainJSON()
    reverses = models.UUIDField(null=True)
    reversed_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(
                "reference",
                "position",
                condition=~models.Q(reference=""),
                name="transfer_reference_position",
            ),
            models.Index("effective_on", "position", name="transfer_day"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Holds(models.Manager["Hold"]):
    """Holds, each with the time at which it was read."""

    def get_queryset(self) -> models.QuerySet["Hold"]:
        return super().get_queryset().annotate(read_at=StatementTime())  # type: ignore[no-redef]


class Hold(models.Model):
    """What is set aside of an account; `remaining` of it is so still.

    `position` is that of its last event, `placed` of its first, and `ended` of the one that ended
    it. When its time is over it has expired, which its row may say later.
    """

    id = models.UUIDField(primary_key=True)
    account = Code()
    amount = Total()
    remaining = Total()
    status = models.CharField(max_length=8, default="open")
    expires_at = models.DateTimeField(null=True)
    payee = Code(null=True)
    reference = models.TextField()
    transfers = PlainJSON()
    position = Position()
    placed = Position()
    ended = Position(null=True)

    read_at: datetime
    objects = Holds()

    class Meta:
        indexes = [
            models.Index("account", "placed", name="hold_account_placed"),
            models.Index(
                fields=["account"],
                include=["remaining", "expires_at"],
                condition=models.Q(status="open"),
                name="hold_open",
            ),
            models.Index(
                "payee", "placed", condition=models.Q(payee__isnull=False), name="hold_payee_placed"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def status_now(self) -> str:
        over = self.expires_at is not None and self.expires_at <= self.read_at
        return "expired" if over and self.status == "open" else self.status

    @property
    def remaining_now(self) -> int:
        return int(self.remaining) if self.status_now == "open" else 0


class Book(models.Model):
    """The book's periods: what is closed, through which business date."""

    name = models.CharField(max_length=20, primary_key=True)
    closed_through = models.DateField()
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return f"closed through {self.closed_through}"
