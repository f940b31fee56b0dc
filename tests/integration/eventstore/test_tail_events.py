"""`manage.py tail_events`: the log in a terminal, and as JSON in a pipe."""

import io
import json
import signal
import sys

import pytest
from django.core.management import CommandError, call_command

import manage
from eventstore.store import ANY, Append, NewEvent, append, latest_position
from tests.examples.asking import ask, rich
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.people import SAM
from tests.examples.programs import program

pytestmark = pytest.mark.django_db(transaction=True)

ANN = "account-ann"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tail(*arguments, terminal=False):
    output = Terminal() if terminal else io.StringIO()
    call_command("tail_events", *arguments, stdout=output)
    return output.getvalue()


def positions(*arguments):
    return [json.loads(line)["position"] for line in tail(*arguments).splitlines()]


@pytest.fixture(autouse=True)
def log():
    """Two accounts, three transfers."""
    rich("ann", 500)
    for amount in (1, 2):
        ask(pay("ann", "world", amount))


def test_a_line_of_a_pipe_is_an_event_as_the_api_has_it():
    lines = [json.loads(line) for line in tail("--after", "0").splitlines()]
    assert lines == Api(SAM).get("/events").json()["events"]
    assert len(lines) == latest_position() > 5


def test_it_shows_the_last_ones_unless_asked_otherwise():
    head = latest_position()
    assert positions("--last", "2") == [head - 1, head]
    assert positions("--after", str(head - 3)) == [head - 2, head - 1, head]
    assert positions("--after", str(head)) == positions("--last", "0") == []
    assert positions() == list(range(1, head + 1))


def test_it_shows_those_of_a_stream_and_of_types():
    of_ann = [each["position"] for each in Api(SAM).get("/accounts/ann/events").json()["events"]]
    assert positions("--stream", ANN) == positions("--stream", ANN, "--after", "0") == of_ann
    assert positions("--stream", ANN, "--after", str(of_ann[1])) == of_ann[2:]
    assert positions("--stream", ANN, "--last", "1") == of_ann[-1:]
    debits = positions("--types", "ledger.account_debited")
    both = positions("--types", "ledger.account_debited,ledger.account_opened", "--after", "0")
    assert set(debits) < set(both) < set(positions())
    in_stream = positions("--types", "ledger.account_debited", "--stream", ANN, "--after", "0")
    assert in_stream == sorted({*of_ann} & {*debits})


def test_it_goes_through_a_long_log_chunk_by_chunk(monkeypatch):
    monkeypatch.setattr("eventstore.management.commands.tail_events.CHUNK", 2)
    assert positions("--after", "0") == list(range(1, latest_position() + 1))
    assert positions("--after", "0", "--stream", ANN) == positions("--stream", ANN)


def test_in_a_terminal_it_is_read_and_cannot_steer_it():
    new = [NewEvent("test.noted", {"text": "Hello\x9b2J", "many": [1]})]
    append(Append("note-1", new, ANY))
    (line,) = tail("--last", "1", terminal=True).splitlines()
    assert line.split() == [
        *[str(latest_position()), line.split()[1], line.split()[2]],
        *["test.noted", "note-1/1", "many=[1]", "text=Hello�2J"],
    ]
    assert json.loads(tail("--last", "1", "--json", terminal=True))["data"]["many"] == [1]


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_has_colours_unless_it_wants_none(monkeypatch, no_color, coloured):
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("DJANGO_COLORS", "")
    monkeypatch.setattr(sys, "argv", ["manage.py", "tail_events", "--last", "1", "--force-color"])
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    manage.main()
    said = sys.stdout.getvalue()
    assert "ledger.account_credited" in said
    assert ("\x1b[" in said) == coloured


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--after", "999"], "There is no position 999: the log ends at"),
        (["--after", "-1"], "There is no position -1"),
        (["--last", "-1"], "from 0 on"),
        (["--stream", "account-nobody"], "There is no stream 'account-nobody'"),
        (["--types", "ledger.opened"], "No event is of the type 'ledger.opened'"),
        (["--after", "1", "--last", "1"], "not allowed with argument"),
    ],
)
def test_what_is_not_there_is_a_sentence(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        tail(*arguments)


def test_it_follows_a_stream_until_it_is_interrupted_or_nobody_reads_on():
    """The two are started together, as starting takes the longest."""
    interrupted, left = (
        program("tail_events", "--follow", "--last", "1", "--stream", ANN) for _ in range(2)
    )
    first = json.loads(interrupted.stdout.readline())
    left.stdout.readline()
    left.stdout.close()
    ask(pay("ann", "world", 77))
    then = json.loads(interrupted.stdout.readline())
    assert (first["subject"], then["subject"]) == (ANN, ANN)
    assert (then["version"], then["data"]["amount"]) == (first["version"] + 1, "77")
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.communicate(timeout=30) == ("", "")
    assert interrupted.returncode == 128 + signal.SIGINT
    assert left.wait(30) == 128 + signal.SIGPIPE
    assert left.stderr.read() == ""
    left.stderr.close()
