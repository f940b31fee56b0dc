"""Whatever management command there is: its help has an example, and no failure is a traceback."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest
from django.core.management import get_commands, load_command_class

from tests.tree import ROOT

SIDES = ("config", "commands", "projections", "eventstore")
FOUND = sorted(
    path.stem
    for side in SIDES
    for path in (ROOT / side).rglob("management/commands/*.py")
    if path.stem != "__init__"
)
WITHOUT_DATABASE = {"draw_roads", "write_event_schemas", "write_refusals"}
"""They write documents from the code alone."""
WITH_CODES = ("doctor", "import_accounts", "import_transfers", "reconcile", "submit", "verify")
"""Those whose exit codes say more than whether they did what they do."""

WITHOUT_JSON = {
    *("draw_roads", "write_event_schemas", "write_refusals"),  # They write documents.
    *("migrate", "run", "run_worker", "serve"),  # They run, or are Django's.
    *("db", "export", "submit"),  # They have their own, or print nothing else.
}

# Each is a child of one process that has loaded everything: loading takes the longest.
RUN_ALL = """
import json, os, sys, tempfile
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
import config.urls, manage
told = {}
for arguments in json.load(sys.stdin):
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            for number in (1, 2):
                os.dup2(said.fileno(), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.argv = ["manage.py", *arguments]
            manage.main()
            sys.exit()
        _, status = os.waitpid(child, 0)
        said.seek(0)
        told[arguments[0]] = [os.waitstatus_to_exitcode(status), said.read().decode()]
json.dump(told, sys.stdout)
"""


def helped(name):
    """What `--help` says of a command."""
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    return parser.format_help()


def example(name):
    """The arguments of the first example in a command's help."""
    (first, *_) = re.findall(rf"^  .*python manage\.py ({name}\b.*)$", helped(name), re.MULTILINE)
    words = shlex.split(first)
    return words[: next((n for n, word in enumerate(words) if word in "|>"), len(words))]


def quickly(name, *arguments):
    """Without Django's checks of the code, which take the longest and ask no database."""
    return [name, *["--skip-checks"] * ("--skip-checks" in helped(name)), *arguments]


def test_they_are_found():
    assert {"doctor", "serve", "submit", "verify", "rebuild_projections"} < set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_its_help_has_an_example_on_a_line_of_its_own(name):
    assert re.search(r"^Examples?\b.*:$", helped(name), re.MULTILINE), helped(name)
    assert example(name)[0] == name


@pytest.mark.parametrize("name", FOUND)
def test_its_help_tells_of_its_own_options_before_those_that_all_have(name):
    usage, *_, common = helped(name).strip().split("\n\n")
    assert common.startswith("  Django's, as of every command: --version, -v, --settings, ")
    assert "--pythonpath" not in usage
    assert helped(name).count("--traceback") == 1


@pytest.mark.parametrize("name", FOUND)
def test_who_mistypes_it_is_told_what_is_wrong_and_where_to_look(name, capsys):
    command = load_command_class(get_commands()[name], name)
    command._called_from_command_line = True
    with pytest.raises(SystemExit) as ended:
        command.create_parser("manage.py", name).parse_args(["--no-such-option"])
    wrong, look = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert wrong.startswith(f"manage.py {name}: ")
    assert look == f"See manage.py {name} --help."


@pytest.mark.parametrize("name", WITH_CODES)
def test_what_its_exit_codes_say_is_in_its_help(name):
    assert re.search(r"Exit code: 0 ", helped(name)), helped(name)


@pytest.mark.parametrize("name", sorted({*FOUND} - WITHOUT_JSON))
def test_programs_are_told_what_came_of_it(name):
    assert " --json " in helped(name), helped(name)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each command's first example comes to where no database answers."""
    folder = tmp_path_factory.mktemp("nowhere")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("DATABASE_")},
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "DAYBOOK_HOME": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    for name in ("accounts.csv", "march.csv", "2026-11.csv.gz"):
        (folder / name).touch()
    examples = [quickly(*example(name)) for name in FOUND if name not in WITHOUT_DATABASE]
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        cwd=folder, env=environment, input=json.dumps(examples), capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", sorted({*FOUND} - WITHOUT_DATABASE))
def test_without_a_database_it_ends_in_a_sentence(told, name):
    code, said = told[name]
    assert code in (1, 4), said
    assert "Traceback" not in said
    assert re.search(r"\w+ \w+.*\w", said), said
