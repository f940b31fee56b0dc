"""The doctor's report, as tests look at it."""

import io
import json

from django.core.management import call_command


def examined() -> dict[str, dict[str, str]]:
    """The report, by the names of its lines; the last of a name counts."""
    output, code = io.StringIO(), 0
    try:
        call_command("doctor", json=True, stdout=output)
    except SystemExit as error:
        code = int(str(error.code))
    report = json.loads(output.getvalue())
    assert code == (1 if report["state"] == "problem" else 0)
    return {line["name"]: line for line in report["lines"]}


def looked_at(name: str) -> tuple[str, str, str]:
    """How something is, in a word and in a sentence, and what to do about it."""
    line = examined()[name]
    assert bool(line["do"]) == (line["state"] != "ok")
    return line["state"], line["says"], line["do"]
