"""Pages on which a file of transfers or accounts is uploaded, and what they give back as files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from commands.engine import bulk, queries, readable
from commands.engine.models import Request
from commands.engine.outcomes import IMPORT, Outcome
from commands.engine.pages import visible
from commands.engine.upload_page import UploadPage, refused_file
from commands.engine.uploading import Foreseen, Format
from commands.ledger.imports import FORMATS
from eventstore.sheets import csv_line


class Upload(UploadPage):
    """Post the transfers or open the accounts of a file."""

    template = "ledger/upload.html"
    formats = FORMATS

    def totals(self, found: Sequence[Foreseen]) -> list[str]:
        sums: Counter[str] = Counter()
        for each in found:
            payload = each.item.payload
            for leg in payload.get("legs", ()):
                if leg["direction"] == "debit":
                    sums[leg.get("currency") or payload["currency"]] += int(leg["amount"])
        return [readable.money(total, code) for code, total in sorted(sums.items())]


@require_safe
@login_required
def example(request: HttpRequest, of: str) -> HttpResponse:
    """A small file as it is to be uploaded."""
    found = FORMATS[of]
    return HttpResponse(
        csv_line(found.columns) + found.example,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{of}.csv"'},
    )


@require_safe
@login_required
def refused(request: HttpRequest, id: UUID) -> HttpResponse:
    """The rows of an upload that were refused, to be mended and uploaded again."""
    of = visible(request, id, "view")
    if of.source != IMPORT or of.payload is None or not of.fingerprint:
        raise Http404
    commands = of.payload["commands"]
    kind = next(each for each in FORMATS.values() if each.command == commands[0]["command"])
    found = list(_refused(of, commands))
    first, *made = kind.rows([commands[0]["data"], *(asked["data"] for asked, _ in found)])
    rows = [
        [*row, str(asked["line"]), f"{said['code']}: {said['detail']}"]
        for (asked, said), of_command in zip(found, made, strict=True)
        for row in of_command
    ]
    return refused_file(_series(commands[0], kind, reference=first[0][0]), kind, rows)


def _refused(
    of: Request, commands: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each command that was refused, and what was said of it; of all or none the one to blame."""
    outcomes: list[Outcome] = queries.outcome(of).outcomes
    for asked, outcome in zip(commands, outcomes, strict=False):
        if not outcome.succeeded:
            yield asked, outcome.answer
    index = of.answer.get("facts", {}).get("index")
    if of.status == "refused" and index is not None:
        yield commands[index], of.answer


def _series(asked: Mapping[str, Any], format: Format, *, reference: str) -> str:
    """The series that a key names, if it does in words."""
    start, _, rest = asked["idempotency_key"].partition(":")
    named = start == format.command and rest.endswith(f":{reference}")
    return rest.removesuffix(f":{reference}") if named else bulk.NAME
