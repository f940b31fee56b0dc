"""Every way to ask for a command, each with what it told: a status, and a body if it has one."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import URLPattern, get_resolver

from commands.engine import awaiting
from commands.engine.decider import handlers
from commands.engine.dispatch import dispatch, shaped, submission
from commands.engine.queue import Worker
from commands.engine.run import run
from config import routing
from tests.examples.http import Api
from tests.examples.outcomes import Case
from tests.examples.pages import browser

Told = tuple[int, dict[str, Any] | None]
Entry = Callable[..., Told]

WAIT = "respond-async, wait=20"


def in_process(name: str, case: Case, key: str | None = None) -> Told:
    (outcome,) = run([_asked(name, case, key)])
    return outcome.http_status, outcome.told


def dispatched(name: str, case: Case, key: str | None = None) -> Told:
    outcome = dispatch(_asked(name, case, key))
    return outcome.http_status, outcome.told


def awaited(name: str, case: Case, key: str | None = None, **headers: str) -> Told:
    answer = _sent(name, case, key, **headers)
    return answer.status_code, answer.json()


def queued(name: str, case: Case, key: str | None = None) -> Told:
    answer = _sent(name, case, key, Prefer="respond-async")
    if answer.status_code != 202:
        return answer.status_code, answer.json()
    Worker().step()
    path = answer["Location"].removeprefix("/api/v1")
    told = Api(case.by).get(path).json()["answer"]
    return told["status"], told["body"]


def gateway(name: str, case: Case, key: str | None = None) -> Told:
    with a_worker_working_while_somebody_waits():
        answer = _sent(name, case, key, Prefer=WAIT)
    if answer.status_code != 400:
        assert answer["Preference-Applied"] == "wait=20"
    return answer.status_code, answer.json()


def form(name: str, case: Case, key: str | None = None, **more: str) -> Told:
    path, body = pages()[name], case.body
    thing = body.get("hold") or body.get("transfer") or body.get("order")
    path = path.replace("<code:code>", str(body.get("account", "")))
    path = path.replace("<uuid:id>", str(thing))
    fields = {"description": "", "reference": "", "effective_on": ""} | (case.form or {})
    if key is not None:
        fields["idempotency_key"] = key
    answer = browser(case.by).post(f"/{path}", fields | more)
    if answer.status_code == 303:
        return case.status, None
    return answer.status_code, None


def form_for_later(name: str, case: Case, key: str | None = None) -> Told:
    told = form(name, case, key, later="1")
    Worker().step()
    return case.status if told[1] is None and told[0] < 400 else told[0], None


def shell(name: str, case: Case, key: str | None = None, *options: str) -> Told:
    output = io.StringIO()
    arguments = [name, json.dumps(case.body), "--as", case.by.name, *options]
    try:
        call_command("submit", *arguments, key=key, stdout=output)
    except SystemExit as end:
        code = end.code
    else:
        code = 0
    said = json.loads(output.getvalue())
    assert code == {"succeeded": 0, "refused": 1, "malformed": 2, "failed": 4}[said["status"]]
    return said.get("http_status", 400), None


def shell_waiting(name: str, case: Case, key: str | None = None) -> Told:
    with a_worker_working_while_somebody_waits():
        return shell(name, case, key, "--wait", "20")


def bulk(name: str, case: Case, key: str | None = None) -> Told:
    each = {"command": name, "data": case.body}
    if key is not None:
        each["idempotency_key"] = key
    answer = Api(case.by).post("/bulk", {"atomic": False, "commands": [each]})
    if answer.status_code == 400:
        return 400, None
    (told,) = answer.json()["outcomes"]
    return told["status"], told["body"]


def bulk_for_later(name: str, case: Case, key: str | None = None) -> Told:
    body = {"atomic": False, "commands": [{"command": name, "data": case.body}]}
    answer = Api(case.by).post("/bulk", body, Prefer="respond-async")
    if answer.status_code == 400:
        return 400, None
    Worker().step()
    shown = Api(case.by).get(answer["Location"].removeprefix("/api/v1")).json()
    (told,) = shown["answer"]["body"]["outcomes"]
    return told["status"], told["body"]


ENTRIES: dict[str, Entry] = {
    entry.__name__: entry
    for entry in (
        *(in_process, dispatched, awaited, queued, gateway, form, form_for_later),
        *(shell, shell_waiting, bulk, bulk_for_later),
    )
}
HTTP: dict[str, Entry] = {each.__name__: each for each in (awaited, queued, gateway)}
"""The roads of an API client."""


def can_say(entry: Entry, case: Case) -> bool:
    """Whether this way of asking has a place for what the case asks."""
    if entry in (form, form_for_later):
        return case.form is not None
    return not case.expected or entry not in (shell, shell_waiting, bulk, bulk_for_later)


def _asked(name: str, case: Case, key: str | None) -> Any:
    return submission(name, case.body, principal=case.by.principal, key=key, expected=case.expected)


def _sent(name: str, case: Case, key: str | None, **headers: str) -> Any:
    method, path, view = addresses()[name]
    arguments = shaped(name).arguments
    for place, argument in named_by(path, view).items():
        path = path.replace(place, str(case.body[argument]))
    body = {field: value for field, value in case.body.items() if field not in arguments}
    for version in case.expected.values():
        headers["If-Match"] = f'"{version}"'
    return Api(case.by).write(method, f"/{path}", body, key=key, **headers)


def named_by(path: str, view: Any) -> dict[str, str]:
    """The places in a path, such as `<code:code>`, with the arguments that they name."""
    places = {each[0]: each[1] for each in re.finditer(r"<\w+:(\w+)>", path)}
    names = view().names({name: place for place, name in places.items()})
    return {place: argument for argument, place in names.items()}


def addresses() -> dict[str, tuple[str, str, Any]]:
    """The method, path and view of each command."""
    return {
        view.cls.command: (method, path, view.cls)
        for path, views in routing.routes().items()
        for method, view in views.items()
        if hasattr(view.cls, "command")
    }


def pages() -> dict[str, str]:
    """The path of each command's form."""
    return {
        view.view_class.command: str(pattern.pattern)
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLPattern)
        for view in (pattern.callback,)
        if getattr(getattr(view, "view_class", None), "command", None) in handlers()
    }


@contextmanager
def a_worker_working_while_somebody_waits() -> Iterator[None]:
    """Whoever waits is woken when a worker has done what there was."""

    class Wakeup:
        def __init__(self, channel: str) -> None:
            self.worker = Worker()

        def __enter__(self) -> "Wakeup":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait(self, timeout: float) -> None:
            self.worker.step()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(awaiting, "Wakeup", Wakeup)
        yield
