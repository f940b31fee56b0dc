"""The log of attempts is kept short: what is old goes, and what is beyond the last thousand."""

from django.db import connection

DAYS = 30
MOST = 1_000
"""For how long attempts are kept, and how many of an endpoint, the last ones."""

BEYOND = """
DELETE FROM webhooks_delivery AS old
USING (SELECT id, (SELECT delivery.id FROM webhooks_delivery AS delivery
                   WHERE delivery.endpoint = webhooks_endpoint.id
                   ORDER BY delivery.id DESC OFFSET %s LIMIT 1) AS last
       FROM webhooks_endpoint) AS kept
WHERE old.endpoint = kept.id AND old.id <= kept.last"""
OLD = "DELETE FROM webhooks_delivery WHERE at < clock_timestamp() - %s * interval '1 day'"
LEFT = """
DELETE FROM webhooks_delivery AS old
WHERE NOT EXISTS (SELECT FROM webhooks_endpoint WHERE id = old.endpoint)"""
"""An attempt that was under way when its endpoint was deleted may be noted after that."""


def trim() -> None:
    """Forget the attempts that are no longer kept."""
    with connection.cursor() as cursor:
        cursor.execute(BEYOND, [MOST])
        cursor.execute(OLD, [DAYS])
        cursor.execute(LEFT)
