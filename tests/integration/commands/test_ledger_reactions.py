"""Alerts, sweeps and skipped standing orders: what the ledger does when something has happened."""

import socket
from datetime import date, timedelta
from threading import Event

import pytest
from django.contrib.auth import get_user_model
from environ import Env

from commands.engine.mailing import send_mails
from commands.engine.models import Notification, Request, Watched
from commands.engine.sweep import sweep as do_what_is_due
from commands.ledger.instruction_messages import PlaceStandingOrder, SetAlert, SetSweep
from commands.ledger.messages import (
    ChangeAccountDetails,
    ChangeOverdraftLimit,
    FreezeAccount,
    PlaceHold,
    ReleaseHold,
    UnfreezeAccount,
)
from config import mail
from eventstore.listeners.listener import listeners
from eventstore.listeners.steering import intervene
from eventstore.reading import read_all, read_stream
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.clock import standing
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.people import ANN, BOB, SAM
from tests.examples.reacting import follow_all
from tests.specs import uuid

pytestmark = pytest.mark.django_db

HOLD = uuid(7)


@pytest.fixture(autouse=True)
def clock(db):
    """It is 2026-11-23, noon; Ann has 10.00, and savings of nothing."""
    with standing() as clock:
        rich("ann", 1_000, owner=ANN)
        rich("savings", 0, owner=ANN)
        yield clock


def posted(code):
    found = Balance.objects.get(account=code)
    return found.credits - found.debits


def told():
    follow_all()
    found = Notification.objects.order_by("id")
    return [(each.user, each.kind, each.account) for each in found]


LOW = (ANN.id, "low-balance", "ann")


# --- alerts ------------------------------------------------------------------------------------


def test_it_is_told_once_each_time_the_available_falls_below():
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(pay("ann", "world", 500))
    assert told() == []  # At the alert is not below it.
    ask(pay("ann", "world", 1))
    assert told() == [LOW]
    ask(pay("ann", "world", 1))
    assert told() == [LOW]
    ask(pay("world", "ann", 100))
    ask(pay("ann", "world", 150))
    assert told() == [LOW, LOW]


def test_it_says_how_much_is_left_in_the_currency():
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(pay("ann", "world", 501))
    follow_all()
    (each,) = Notification.objects.all()
    assert each.text == "Ann (ann) has 4.99 EUR available, less than 5.00 EUR."


def test_a_mail_has_the_whole_sentence_as_its_subject(clock, mailoutbox):
    get_user_model().objects.filter(id=ANN.id).update(email="ann@example.com")
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(pay("ann", "world", 501))
    follow_all()
    clock.advance(minutes=2)
    send_mails(Event())
    (sent,) = mailoutbox
    assert sent.subject == "Daybook: Ann (ann) has 4.99 EUR available, less than 5.00 EUR"


def test_a_name_of_two_lines_is_in_one_in_the_subject(clock, mailoutbox):
    get_user_model().objects.filter(id=ANN.id).update(email="ann@example.com")
    ask(ChangeAccountDetails(account="ann", name="Ann\nand family"))
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(pay("ann", "world", 501))
    follow_all()
    clock.advance(minutes=2)
    assert send_mails(Event()) == 1
    (sent,) = mailoutbox
    assert sent.subject.startswith("Daybook: Ann and family (ann) has 4.99 EUR")
    assert sent.body.startswith("Ann\nand family (ann)")


def test_who_has_no_address_keeps_nobody_waiting(clock, mailoutbox):
    """A few are looked at at a time, and then at once the next ones, as long as there are some."""
    get_user_model().objects.filter(id=ANN.id).update(email="ann@example.com")
    at = {"created_at": clock.now, "mail_at": clock.now - timedelta(minutes=1)}
    for number in range(1, 12):
        about = {"user": user(BOB).id, "kind": "low-balance", "text": "Little is left."}
        Notification.objects.create(id=uuid(number), **about, **at)
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(pay("ann", "world", 501))
    follow_all()
    clock.advance(minutes=2)
    while send_mails(Event()):
        pass
    assert [sent.to for sent in mailoutbox] == [["ann@example.com"]]
    assert not Notification.objects.filter(mail_at__isnull=False).exists()


def test_a_mail_server_that_says_nothing_is_not_waited_for_for_ever(clock, settings, monkeypatch):
    monkeypatch.setattr(mail, "SECONDS", 0.2)
    get_user_model().objects.filter(id=ANN.id).update(email="ann@example.com")
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(pay("ann", "world", 501))
    follow_all()
    clock.advance(minutes=2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        url = Env.email_url_config(f"smtp://user:secret@{host}:{port}")
        for name, value in mail.settings(url).items():
            setattr(settings, name, value)
        assert send_mails(Event()) == 0
    assert Notification.objects.get().mail_at is not None, "it is tried again"


def test_of_an_account_that_is_nobodys_who_set_the_alert_is_told():
    rich("till", 1_000)
    user(SAM)
    ask(SetAlert(account="till", low=500), by=SAM)
    ask(pay("till", "world", 501))
    assert told() == [(user(SAM).id, "low-balance", "till")]
    assert ask(ChangeAccountDetails(account="till", owner=user(BOB).id)).succeeded
    ask(pay("world", "till", 501))
    ask(pay("till", "world", 501))
    assert (BOB.id, "low-balance", "till") in told()
    assert len(told()) == 2


def test_who_may_not_view_the_ledger_any_more_is_told_nothing_of_what_is_nobodys():
    rich("till", 1_000)
    sam = user(SAM)
    ask(SetAlert(account="till", low=500), by=SAM)
    sam.groups.clear()
    ask(pay("till", "world", 501))
    assert told() == []


def test_holds_and_limits_count_as_they_do_for_what_is_available():
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(PlaceHold(account="ann", amount=600, hold=HOLD), by=ANN)
    assert told() == [LOW]
    ask(ReleaseHold(account="ann", hold=HOLD, reason="Not needed"), by=SAM)
    ask(ChangeOverdraftLimit(account="ann", overdraft_limit=100, reason="Trust"))
    ask(pay("ann", "world", 600))
    assert told() == [LOW]
    ask(ChangeOverdraftLimit(account="ann", overdraft_limit=0, reason="No trust"))
    assert told() == [LOW, LOW]


def test_an_alert_set_when_little_is_left_waits_for_the_next_fall():
    ask(SetAlert(account="ann", low=5_000), by=ANN)
    ask(pay("ann", "world", 1))
    assert told() == []


def test_an_alert_that_is_switched_off_is_watched_no_more():
    ask(SetAlert(account="ann", low=500), by=ANN)
    follow_all()
    off = ask(SetAlert(account="ann", low=None), by=ANN)
    follow_all()
    ask(pay("ann", "world", 900))
    assert told() == []
    (event,) = read_all(after=off.position - 1, limit=1)
    assert Watched.objects.get(reaction="low_balance").version == event.version


# --- sweeps ------------------------------------------------------------------------------------


def test_what_exceeds_the_limit_goes_to_the_other_account_at_once_and_ever_after():
    ask(SetSweep(account="ann", above=700, to="savings"), by=ANN)
    follow_all()
    assert (posted("ann"), posted("savings")) == (700, 300)
    ask(pay("world", "ann", 50))
    follow_all()
    assert (posted("ann"), posted("savings")) == (700, 350)


def test_what_is_held_stays():
    ask(PlaceHold(account="ann", amount=200, hold=HOLD), by=ANN)
    ask(SetSweep(account="ann", above=700, to="savings"), by=ANN)
    follow_all()
    assert posted("savings") == 100
    ask(ReleaseHold(account="ann", hold=HOLD, reason="Not needed"), by=SAM)
    follow_all()
    assert (posted("ann"), posted("savings")) == (700, 300)


def test_what_the_other_account_cannot_take_is_moved_after_the_next_change():
    ask(SetSweep(account="ann", above=700, to="savings"), by=ANN)
    ask(FreezeAccount(account="savings", scope="all", reason="Check"))
    follow_all()
    last = Request.objects.filter(source="reaction").latest("id")
    assert (posted("ann"), last.status) == (1_000, "succeeded")
    assert last.answer["swept"]["why"] == "account-frozen"
    ask(UnfreezeAccount(account="savings", reason="Checked"))
    ask(pay("ann", "world", 1))
    follow_all()
    assert (posted("ann"), posted("savings")) == (700, 299)


def test_what_came_while_it_was_frozen_is_moved_when_that_is_over():
    ask(SetSweep(account="ann", above=700, to="savings"), by=ANN)
    ask(FreezeAccount(account="ann", scope="debits", reason="Check"))
    follow_all()
    assert posted("ann") == 1_000
    ask(UnfreezeAccount(account="ann", reason="Checked"))
    follow_all()
    assert (posted("ann"), posted("savings")) == (700, 300)


def test_a_sweep_is_asked_for_by_the_product_and_says_what_made_it():
    ask(SetSweep(account="ann", above=700, to="savings"), by=ANN)
    follow_all()
    request = Request.objects.get(source="reaction")
    assert request.command == "sweep_account"
    (debited,) = [e for e in read_stream("account-ann") if e.type == "ledger.account_debited"]
    (was_set,) = [e for e in read_stream("account-ann") if e.type == "ledger.sweep_set"]
    assert debited.metadata["causation"] == str(was_set.id)
    assert debited.metadata["correlation"] == was_set.metadata["request"]


def test_replayed_from_the_beginning_it_moves_and_tells_nothing_twice():
    ask(SetAlert(account="ann", low=500), by=ANN)
    ask(SetSweep(account="ann", above=700, to="savings"), by=ANN)
    ask(pay("ann", "world", 600))
    before = told(), posted("ann"), posted("savings")
    for each in listeners():
        intervene(each, "replay", by=SAM.id, reason="To be sure", position=0)
    assert (told(), posted("ann"), posted("savings")) == before


# --- standing orders ---------------------------------------------------------------------------


def test_whose_standing_order_was_skipped_is_told_why(clock):
    rich("bob", 500, owner=BOB)
    placed = PlaceStandingOrder(
        payer="bob", payee="ann", amount=400, every="day", first_on=date(2026, 11, 24),
        last_on=date(2026, 11, 25),
    )  # fmt: skip
    assert ask(placed, by=BOB).succeeded
    clock.advance(days=3)
    while do_what_is_due():
        pass
    follow_all()
    (each,) = Notification.objects.all()
    assert (each.user, each.kind, each.account) == (BOB.id, "order-skipped", "bob")
    assert each.text == (
        "The standing order of 4.00 EUR from bob to ann was skipped on 2026-11-25:"
        " insufficient funds."
    )
