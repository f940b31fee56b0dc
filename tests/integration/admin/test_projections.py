"""The window on projections: how far each is, and staff who help one on that has stopped."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from eventstore.models import Intervention
from projections.engine.status import status_of
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask
from tests.examples.following import POISON, broken_counting, follow
from tests.examples.ledger import pay
from tests.examples.people import SAM
from tests.integration.admin.windows import listed, shown, staff, text

pytestmark = pytest.mark.django_db

WINDOW = "projections_projectionstate"


@pytest.fixture
def stopped(vic):
    ask(pay("world", "ann", POISON))
    with broken_counting():
        follow()
    return status_of(daily_totals).stopped_before


def action(name, of="daily_totals"):
    return reverse(f"admin:{WINDOW}_{name}", args=[of])


def test_the_list_says_how_far_behind_in_events_and_seconds(vic):
    said = text(vic.get(listed(WINDOW)))
    assert "balances as far as the log 0 events with the events" in said
    assert re.search(r"daily_totals following \d+ events, \d+ s by the worker", said)
    follow()
    assert "daily_totals as far as the log 0 events by the worker" in text(vic.get(listed(WINDOW)))


def test_a_stopped_one_says_where_and_why_and_what_can_be_done(vic, stopped):
    page = staff(SAM).get(shown(WINDOW, "daily_totals"))
    said = text(page)
    assert f"stopped before: {stopped}" in said.lower()
    assert "ValueError: this one is bad" in said
    for name in ("retry", "skip", "pause"):
        assert action(name) in page.content.decode()
    assert action("resume") not in page.content.decode()
    assert action("retry") not in vic.get(shown(WINDOW, "daily_totals")).content.decode()
    assert (
        action("pause", "balances")
        not in staff(SAM).get(shown(WINDOW, "balances")).content.decode()
    )


def test_the_list_leads_to_what_can_be_done(stopped):
    """A name with an underscore is written otherwise in an address of the admin."""
    sam = staff(SAM)
    (way,) = re.findall(r'href="([^"]*)">daily_totals<', sam.get(listed(WINDOW)).content.decode())
    assert action("skip") in sam.get(way).content.decode()


def test_an_event_is_skipped_with_a_reason_that_is_shown_from_then_on(stopped):
    sam = staff(SAM)
    asked = sam.get(action("skip"))
    assert f"could not apply the event at position {stopped}" in text(asked)
    assert f'name="position" value="{stopped}"' in asked.content.decode()
    body = {"position": stopped, "reason": "Known defect"}
    said = text(sam.post(action("skip"), body, follow=True))
    assert f"{SAM.name} skip {stopped} Known defect" in said
    assert f"Position {stopped}" in said
    assert LogEntry.objects.get().change_message == "Skip: Known defect"
    assert Intervention.objects.get().by == SAM.id
    with broken_counting():
        follow()
    assert status_of(daily_totals).stopped_before != stopped


def test_it_is_paused_and_resumed_and_tried_again(stopped):
    sam = staff(SAM)
    for name in ("retry", "pause", "resume"):
        assert sam.get(action(name)).status_code == 200
        sam.post(action(name), {"reason": "Looked at it"})
    found = Intervention.objects.order_by("id").values_list("action", "position")
    assert list(found) == [("retry", stopped), ("pause", None), ("resume", None)]
    assert status_of(daily_totals).state == "running"


@pytest.mark.parametrize(
    "body", [{}, {"reason": " "}, {"reason": "x"}, {"reason": "x", "position": "99"},
             {"reason": "a\0b", "position": "1"}, {"reason": "x", "position": "９"}]
)  # fmt: skip
def test_without_a_reason_and_its_position_nothing_is_skipped(stopped, body):
    answer = staff(SAM).post(action("skip"), body, follow=True)
    assert "errorlist" in answer.content.decode() or 'class="error"' in answer.content.decode()
    assert status_of(daily_totals).stopped_before == stopped
    assert Intervention.objects.count() == 0


@pytest.mark.parametrize("name", ["retry", "skip", "pause", "resume"])
def test_only_those_who_operate_may(vic, stopped, name):
    body = {"position": stopped, "reason": "x"}
    for answer in (vic.get(action(name)), vic.post(action(name), body)):
        assert answer.status_code == 403
    assert staff(SAM).get(action(name, "nope")).status_code == 404
    assert Intervention.objects.count() == 0
