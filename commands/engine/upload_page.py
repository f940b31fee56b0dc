"""The page on which a file is uploaded: a look at what would come of it, and then one bulk."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commands.engine import bulk, uploading
from commands.engine.errors import Malformed
from commands.engine.forms import Body, Form, Texts
from commands.engine.importing import REASON, REFUSED, series_of, with_reason
from commands.engine.outcomes import IMPORT, Outcome, Submission
from commands.engine.run import MAX_BATCH
from commands.engine.spoken import saying, spoken
from commands.engine.uploading import Foreseen, Format, Sheet
from commands.engine.views import CommandPage
from eventstore.localized import counted
from eventstore.sheets import csv_line, harmless

ALL, EACH = "all", "each"
FIELDS = ("of", "series", "mode", "file", "rows")
MAX_SERIES = 100
UNREADABLE = saying("Line {line} cannot be read, so nothing is done: {why}")
NO_FORMAT = saying("Choose one of {choices}.")


class UploadPage(CommandPage):
    """Upload a file whose rows become the commands of one bulk.

    The file itself is not kept: its text goes back and forth with the page, and is read anew each
    time. What is more than a batch is always done later.
    """

    command = bulk.NAME
    source = IMPORT
    buttons = ("check", "refused")
    formats: ClassVar[Mapping[str, Format]]

    _is_large = False

    def totals(self, found: Sequence[Foreseen]) -> list[str]:
        """What these add up to, as people read it."""
        raise NotImplementedError

    # --- what stands in the form -------------------------------------------------------------

    def _texts(self) -> Texts:
        texts = super()._texts()
        if "rows" in texts:  # Space around them is theirs, or lines would be miscounted.
            texts["rows"] = uploading.with_line_feeds(str(self.request.POST["rows"]))
        return texts

    def first(self) -> Texts:
        of = self.request.GET.get("of", "")
        chosen = of if of in self.formats else next(iter(self.formats))
        return dict.fromkeys(FIELDS, "") | {"of": chosen, "mode": EACH}

    def tidy(self, texts: Texts) -> Texts:
        found = {name: texts.get(name, "") for name in FIELDS}
        file = self.request.FILES.get("file")
        if file and not found["series"]:
            found["series"] = series_of(file.name or "")
        return found

    @property
    def _road(self) -> str:
        return "queued" if self._is_large else super()._road

    # --- what it asks for --------------------------------------------------------------------

    def asked(self, form: Form) -> Submission:
        sheet = self._sheet(form.texts)
        if not sheet.ready:
            raise Malformed([("/file", "No row of the file can be sent.")])
        if form.texts["mode"] == ALL and sheet.unreadable:
            item, why = sheet.unreadable[0]
            said = UNREADABLE.format(line=item.rows[0].line, why=why)
            raise Malformed([("/file", said)])
        self._is_large = len(sheet.ready) > MAX_BATCH
        return super().asked(form)

    def body(self, texts: Texts) -> Body:
        return Body(self._sheet(texts).body(atomic=texts["mode"] == ALL))

    def _sheet(self, texts: Texts) -> Sheet:
        """The file as these texts have it.

        Raises:
            Malformed: it cannot be read, or what is chosen is no choice.
        """
        wrong = []
        if texts["of"] not in self.formats:
            wrong.append(("/of", NO_FORMAT.format(choices=", ".join(self.formats))))
        if texts["mode"] not in (ALL, EACH):
            wrong.append(("/mode", "Choose one of the two."))
        if not 0 < len(texts["series"]) <= MAX_SERIES:
            wrong.append(("/series", f"A series has 1 to {MAX_SERIES} characters."))
        if not texts["rows"]:
            wrong.append(("/file", "Choose a file."))
        if wrong:
            raise Malformed(wrong)
        kind = self.formats[texts["of"]]
        return uploading.sheet_of(texts["rows"], kind, texts["series"], self.principal)

    # --- what it shows -----------------------------------------------------------------------

    def check(self, form: Form, pressed: str) -> HttpResponse:
        """Show what would come of each row of a file, which changes nothing."""
        # Each look at a file is an upload of its own, with a key of its own.
        form = Form(form.texts)
        try:
            form.texts["rows"] = uploading.text_of(self.request.FILES.get("file"))
            self._sheet(form.texts)
        except Malformed as error:
            return self.show(self._malformed(form, error), error.status)
        return self.show(form)

    def refused(self, form: Form, pressed: str) -> HttpResponse:
        """The rows that would not be done, as a file to be mended."""
        try:
            sheet = self._sheet(form.texts)
        except Malformed as error:
            return self.show(self._malformed(form, error), error.status)
        found = uploading.not_done(uploading.foreseen(sheet, self.principal))
        rows = [row for each in found for row in with_reason(each.item, each.reason)]
        return refused_file(sheet.series, sheet.format, rows)

    def more(self, form: Form) -> dict[str, Any]:
        known = {"format": self.formats.get(form.texts["of"]), "formats": self.formats}
        try:
            sheet = self._sheet(form.texts)
        except Malformed:
            kept = _("Nothing was changed. Mend the file, and choose it again.")
            return {**known, "kept": kept}
        found = uploading.foreseen(sheet, self.principal)
        many = Counter(each.fate for each in found)
        shown = uploading.shortened(found)
        return known | {
            "kept": _("Nothing was changed."),
            "found": [replace(each, why=spoken(each.why)) for each in shown],
            "more": len(found) - len(shown),
            "many": dict(many),
            "ready": many[uploading.DONE],
            "large": len(sheet.ready) > MAX_BATCH,
            "stopped": form.texts["mode"] == ALL and bool(uploading.not_done(found)),
            "totals": self.totals([each for each in found if each.fate == uploading.DONE]),
        }

    def _malformed(self, form: Form, error: Malformed) -> Form:
        return super()._malformed(Form({**form.texts, "rows": ""}), error)

    # --- what came of it ---------------------------------------------------------------------

    def home(self, outcome: Outcome) -> str:
        return reverse("request", args=[outcome.request])

    def told(self, outcome: Outcome) -> str:
        statuses = Counter(each.succeeded for each in outcome.outcomes)
        done, refused = counted(statuses[True]), counted(statuses[False])
        said = _("The file was sent: {done} done, {refused} refused.")
        return said.format(done=done, refused=refused)


def refused_file(series: str, format: Format, rows: Sequence[Sequence[str]]) -> HttpResponse:
    """Rows with their lines and reasons, under a name that makes them of the same series."""
    name = re.sub(r"[^\w.-]", "-", series, flags=re.ASCII) + REFUSED
    lines = [(*format.columns, *REASON), *([harmless(cell) for cell in row] for row in rows)]
    return HttpResponse(
        "".join(map(csv_line, lines)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
