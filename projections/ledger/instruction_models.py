"""Read tables of standing instructions: alerts and sweeps of accounts, and standing orders.

Amounts are minor units.
"""

from django.db import models

from projections.engine.fields import Position, Total
from projections.ledger.models import Code


class Setting(models.Model):
    """What an account is set to do; what is None is switched off.

    `low` is what is told of when less is available; all beyond `above` goes to `target`.
    """

    account = Code(primary_key=True)
    low = Total(null=True)
    above = Total(null=True)
    target = Code(null=True)

    def __str__(self) -> str:
        return str(self.account)


class StandingOrder(models.Model):
    """Transfers of an account to a payee, from date to date.

    Nothing has come yet of `next_on`. Of `done_on`, the last date of which something came, it was
    a transfer, or the code of what refused it. `position` is that of the order's last event,
    `placed` of its first.
    """

    id = models.UUIDField(primary_key=True)
    account = Code()
    payee = Code()
    amount = Total()
    every = models.CharField(max_length=5)
    first_on = models.DateField()
    last_on = models.DateField(null=True)
    description = models.TextField()
    status = models.CharField(max_length=9, default="open")
    next_on = models.DateField(null=True)
    done_on = models.DateField(null=True)
    done_transfer = models.UUIDField(null=True)
    done_code = models.CharField(max_length=50, null=True)
    position = Position()
    placed = Position(unique=True)

    class Meta:
        indexes = [models.Index("account", "placed", name="order_account_placed")]

    def __str__(self) -> str:
        return str(self.id)
