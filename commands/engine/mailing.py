"""The worker's loop for e-mails: it waits for mail servers, and nothing else waits for it."""

import logging

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import connection

from commands.engine.models import Notification
from eventstore.failures import UNANSWERED
from eventstore.working import PAUSE, Stop

CLAIM = """
UPDATE commands_notification SET mail_at = CASE
    WHEN created_at > clock_timestamp() - interval '1 day'
    THEN clock_timestamp() + interval '5 minutes' END
WHERE id IN (
    SELECT id FROM commands_notification WHERE mail_at <= clock_timestamp()
    ORDER BY mail_at LIMIT 5 FOR UPDATE SKIP LOCKED)
RETURNING id, "user", text"""
"""What could not be sent is due again when its five minutes are over; for a day it is tried."""

log = logging.getLogger(__name__)


def run(stop: Stop) -> None:
    """Send e-mails until `stop` is set."""
    pause = PAUSE
    while not stop.wait(pause):
        pause = PAUSE
        try:
            if send_mails(stop):
                pause = 0
        except UNANSWERED as error:
            log.warning("The database does not answer, trying again: %s", error)
            connection.close()
    connection.close()


def send_mails(stop: Stop) -> int:
    """Send what is due to those who have an address, until `stop` is set; how many are done with.

    One that could not be sent is due again later, for a day; one may be sent twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM)
        due = cursor.fetchall()
    if not due:
        return 0
    users = get_user_model().objects.filter(id__in={user for _, user, _ in due}, is_active=True)
    addresses = dict(users.exclude(email="").values_list("id", "email"))
    done = 0
    for id_, user, text in due:
        if stop.is_set():
            break
        try:
            if user in addresses:
                send_mail(_subject(text), text, None, [addresses[user]])
        except Exception as error:  # Of SMTP, or of an address that is none.
            log.warning("an e-mail could not be sent, it is tried again: %s", error)
            continue
        Notification.objects.filter(id=id_).update(mail_at=None)
        done += 1
    return done


def _subject(text: str) -> str:
    """The first sentence, in a line: a name that stands in it may have several."""
    sentence = text.partition(". ")[0].removesuffix(".")  # An amount has a point too.
    return " ".join(f"Daybook: {sentence}".split())
