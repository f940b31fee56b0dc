"""docs/operators.md: its commands are there, those that only look are run, each alert is told."""

import io
import re
import shlex

import pytest
from django.core.management import call_command, get_commands, load_command_class

from config.doctor import examine
from eventstore.listeners.listener import listeners
from projections.engine.projector import projections
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account
from tests.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```console\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))
COMMANDS = [shlex.split(line) for line in re.findall(r"^python manage\.py (.+)$", BLOCKS, re.M)]
LOOKING = ("stats", "projections", "listeners", "forget_requests", "verify", "tail_events")
DOCTOR, LOG = re.findall(r"^```text\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^(?:ok|warning|problem) +(\S+) ", re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_of_its_commands_is_one(command):
    name, *arguments = command
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    assert parser.parse_args(arguments)


def test_the_others_are_targets_of_make():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^make (\S+)$", BLOCKS, re.MULTILINE)
    assert targets
    assert [name for name in targets if f"\n{name}:" not in makefile] == []


def test_those_that_only_look_do_what_it_says():
    rich("world-of-ada", 5)
    ask(open_account("customers:ada"))
    run = [
        each
        for each in COMMANDS
        if each[0] in LOOKING and not {"--follow", "--since", "--against", "--after"} & {*each}
    ]
    assert {each[0] for each in run} == {*LOOKING}
    for name, *arguments in run:
        output = io.StringIO()
        call_command(name, *arguments, stdout=output, stderr=io.StringIO())
        assert output.getvalue(), name


def test_its_page_of_the_doctor_is_what_the_doctor_says():
    shown, said = LINE.findall(DOCTOR), [line.name for line in examine()]
    followers = {each.name for each in (*projections(), *listeners())}
    assert {*shown} - followers == {*said} - followers
    assert shown == [name for name in said if name in shown]
    count = {state: DOCTOR.count(f"\n{state} ") for state in ("ok", "problem")}
    assert DOCTOR.startswith("warning ")
    assert DOCTOR.endswith(f"{count['ok']} ok, 1 to look at, {count['problem']} to be mended.\n")


def test_its_page_of_the_log_is_what_the_demo_ledgers_says():
    call_command("demo", stdout=io.StringIO())
    (command,) = [each for each in COMMANDS if each[0] == "tail_events" and "--stream" in each]
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    call_command(*command, no_color=True, stdout=terminal)
    assert shape(LOG) == shape(terminal.getvalue())


def shape(lines):
    """Without what is another at another time: identities, numbers, and how wide they are."""
    without = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", lines)
    return re.sub(r"\d+", "0", re.sub(r"^ +", "", without, flags=re.MULTILINE)).splitlines()


def test_it_tells_what_to_do_about_each_line():
    table = GUIDE.partition("\n## What to do when …\n")[2]
    followers = {each.name for each in (*projections(), *listeners())}
    told = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    assert told == {line.name for line in examine()} - followers


def test_it_names_every_metric_that_tells_of_trouble():
    metrics = set(re.findall(r"`(daybook_\w+)", GUIDE))
    known = (ROOT / "config" / "metrics.py").read_text()
    assert metrics
    assert [name for name in metrics if f'"{name}"' not in known] == []
