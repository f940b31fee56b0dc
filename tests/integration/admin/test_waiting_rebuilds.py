"""A rebuild that was asked for is not begun for ever, nor by other code, and may be taken back."""

import io
import subprocess
from functools import partial

import pytest
from django.core.management import call_command
from django.test import Client

from projections.engine import rebuilds
from projections.engine.models import ProjectionState
from projections.engine.operating import ask_for_rebuild
from projections.engine.rebuilds import Rebuilds
from projections.engine.standing import note
from projections.engine.status import status_of
from projections.ledger.projectors import balances, entries
from tests.examples.factories import user
from tests.examples.people import SAM
from tests.integration.admin.rebuilding import (
    CANCEL,
    REBUILD,
    WINDOW,
    made_by_an_operator,
    said,
    state,
)
from tests.integration.admin.windows import shown, text

pytestmark = pytest.mark.django_db(transaction=True)


class Ends:
    """A process that is killed at once."""

    def __init__(self, command, **_):
        STARTED.append(command)

    def poll(self):
        return -9


STARTED = list[list[str]]()


@pytest.fixture
def killed(monkeypatch):
    """What was begun; each is killed."""
    STARTED.clear()
    monkeypatch.setattr(rebuilds.subprocess, "Popen", Ends)
    return STARTED


def test_what_ended_without_having_done_it_is_begun_again_after_a_while(sam, killed, monkeypatch):
    ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    worker = Rebuilds()
    for _ in range(3):
        worker.look()
    assert len(killed) == 1
    assert "waits for a worker; begun 1 of 3 times" in said(sam)
    monkeypatch.setattr(rebuilds, "AGAIN", -1.0)
    worker._not_before = 0.0
    worker.look()
    assert len(killed) == 2


def test_a_second_worker_leaves_what_another_has_just_begun(sam, killed):
    ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    for worker in (Rebuilds(), Rebuilds()):
        worker.look()
    assert len(killed) == 1


def test_after_three_tries_it_is_given_up_and_says_so(sam, killed, monkeypatch):
    monkeypatch.setattr(rebuilds, "AGAIN", -1.0)
    note(entries)
    ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    ask_for_rebuild(entries, by=SAM.id, reason="Odd")
    worker = Rebuilds()
    for _ in range(5):
        worker.look()
    assert [command[-1] for command in killed] == ["balances"] * 3 + ["entries"]
    assert state().wanted_at is None
    assert "balances was given up after 3 attempts" in said(sam)
    output = io.StringIO()
    call_command("projections", "list", "balances", stdout=output)
    assert "given up after 3 attempts" in output.getvalue()
    sam.post(REBUILD, {"reason": "There is more memory now"})
    assert (state().unmade, state().tries) == ("", 0)
    assert status_of(balances).error == ""


def test_a_worker_that_is_stopped_on_the_way_has_not_tried(sam, monkeypatch):
    ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    sleeping = partial(subprocess.Popen, ["sleep", "60"])
    monkeypatch.setattr(rebuilds.subprocess, "Popen", lambda command, **_: sleeping())
    with Rebuilds() as worker:
        worker.look()
        assert (state().tries, state().tried_at is None) == (1, False)
    assert (state().tries, state().tried_at) == (0, None)
    assert state().wanted_at is not None


def test_a_worker_of_other_code_leaves_it(sam, killed):
    ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    ProjectionState.objects.filter(name="balances").update(wanted_of="of newer code")
    worker = Rebuilds()
    worker.look()
    assert killed == []
    assert "waits for a worker of the code that was there when it was asked for" in said(sam)
    # As it was asked for before that was noted.
    ProjectionState.objects.filter(name="balances").update(wanted_of="")
    worker.look()
    assert len(killed) == 1


# --- taking back -----------------------------------------------------------------------------


def test_one_that_waits_is_taken_back_with_a_reason(sam, killed):
    sam.post(REBUILD, {"reason": "Odd"})
    assert "Do not rebuild" in text(sam.get(shown(WINDOW, "balances")))
    assert "stays as it is" in text(sam.get(CANCEL))
    page = text(sam.post(CANCEL, {"reason": "Not at noon"}, follow=True))
    assert "Balances is not made anew." in page
    assert f"{SAM.name} cancel — Not at noon" in page
    assert "Do not rebuild" not in page
    assert REBUILD in sam.get(shown(WINDOW, "balances")).content.decode()
    Rebuilds().look()
    assert killed == []


def test_what_is_being_made_or_nobody_wants_is_not_taken_back(sam):
    assert "Nobody waits for" in text(sam.post(CANCEL, {"reason": "x"}, follow=True))
    sam.post(REBUILD, {"reason": "Odd"})
    with made_by_an_operator():
        assert CANCEL not in sam.get(shown(WINDOW, "balances")).content.decode()
        page = text(sam.post(CANCEL, {"reason": "x"}, follow=True))
    assert "is being made anew already" in page
    sam.post(CANCEL, {"reason": " "})
    assert state().wanted_at is not None


def test_only_those_who_operate_take_it_back(sam, vic):
    sam.post(REBUILD, {"reason": "Odd"})
    for answer in (vic.get(CANCEL), vic.post(CANCEL, {"reason": "x"})):
        assert answer.status_code == 403
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user(SAM))
    assert careful.post(CANCEL, {"reason": "x"}).status_code == 403
    assert state().wanted_at is not None
