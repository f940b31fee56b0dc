"""`make catalogs`: bring config/locale up to date with what pages say (needs GNU gettext)."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages

IGNORED = (".venv*", "var", "tests", "docs", "static", "config/locale")
WORDS = {
    "": (
        *("open", "frozen", "closed", "debits", "credits", "all", "debit", "credit"),
        *("captured", "released", "expired", "cancelled", "ended"),
        *("accepted", "pending", "succeeded", "refused", "failed", "malformed"),
        *("Refused", "Failed", "Malformed", "Bulk", "awaited", "queued", "gateway"),
        *("read table", "reaction", "webhook", "since", "until", "days"),
    ),
    "field": (
        *("account", "code", "name", "currency", "normal_balance", "overdraft_limit", "owner"),
        *("metadata", "from", "to", "amount", "description", "reference", "effective_on", "legs"),
        *("transfer", "reason", "force", "scope", "hold", "expires_in", "payee", "final"),
        *("through", "low", "above", "order", "every", "first_on", "last_on", "atomic"),
    ),
    "every": ("day", "week", "month"),
    "listener": ("running", "behind", "paused", "stopped", "outdated"),
    "token": ("live", "expired", "revoked"),
}
"""Values of fixed sets that templates translate as they are, by their context."""
SENTENCES = (
    "A code has at most 128 of a-z, 0-9, _ . - in parts divided by colons, each of which begins "
    "with a letter or digit.",
    "A level is an integer in minor units, zero or more, at most 38 digits.",
    "A limit is an integer in minor units, zero or more, at most 38 digits; or null.",
    "A series has 1 to 100 characters.",
    "An amount is a positive integer in minor units, at most 38 digits.",
    "An idempotency key has 1 to 255 visible ASCII characters.",
    "Choose a file.",
    "Choose one of the two.",
    "Control characters and direction marks are refused.",
    "It did not fail.",
    "It has failed for five days.",
    "It was run again already.",
    "No row of the file can be sent.",
    "The file asks for more than 1,000 at once. Split it, or have it imported from the shell.",
    "The file has no rows below its header.",
    "The file is empty.",
    "The file is larger than 1 MiB. Split it, or have it imported from the shell.",
    "The file is not UTF-8 text. Save it as CSV in UTF-8.",
    "The file is not text: it has NUL characters.",
    "There are no such times.",
    "There is no such key.",
    "This currency is neither in ISO 4217 nor in DAYBOOK_CURRENCIES.",
    "This field is required.",
    "This field may not be null.",
    "This is before since.",
    "This is larger than 8 kB.",
    "This may have at most 50 keys.",
    "This must be a UUID.",
    "This must be a date like 2026-01-31.",
    "This must be a string.",
    "This must be an object of strings.",
    "This must be an object.",
    "This must be before the other time, by 31 days at most.",
    "This must be null, or have all that goes with it.",
    "This must be true or false.",
    "This must not be empty.",
    "What was asked is no longer kept, or who asked is gone.",
    "Who made it may not operate the ledger any more: make another one.",
)
"""What is said in English first, of what came in by any road, and translated where it is shown."""


class Command(makemessages.Command):
    """Django's, which also takes the texts that stand in no template and in no call."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=saying"]
    # A text that was never translated says so, and is not guessed.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def process_files(self, file_list: list[Any]) -> None:
        super().process_files(file_list)
        pot = Path(settings.LOCALE_PATHS[0]) / f"{self.domain}.pot"
        with pot.open("a", encoding="utf-8", newline="\n") as file:
            for context, text in texts():
                # JSON escapes as catalogs do.
                within = f"\nmsgctxt {json.dumps(context)}" if context else ""
                quoted = json.dumps(text, ensure_ascii=False)
                file.write(f'\n{within}\nmsgid {quoted}\nmsgstr ""\n')


def texts() -> Iterator[tuple[str, str]]:
    """What pages take from code that has no language, each text with its context."""
    from commands.engine.decider import handlers
    from commands.engine.readable import words
    from config.refusals import problems
    from projections.ledger.activity_projector import KINDS

    for each in problems().values():
        for text in (words(each.code), each.says, each.then, *map(words, each.facts)):
            yield "", text
    for name in handlers():
        yield "", words(name)
    for kind in KINDS:
        yield "", kind.replace("_", " ")
    for context, values in WORDS.items():
        yield from ((context, value) for value in values)
    yield from (("", sentence) for sentence in SENTENCES)


def renew() -> None:
    """Put new texts into each catalog, take old ones out, and compile it.

    Places of texts and the time are left out, so that the same texts give the same file.
    """
    codes = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    call_command(
        Command(),
        locale=codes,
        ignore_patterns=list(IGNORED),
        no_location=True,
        no_obsolete=True,
        no_wrap=True,
        verbosity=0,
    )
    for code in codes:
        file = catalog(code)
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = (line for line in lines if not line.startswith('"POT-Creation-Date'))
        file.write_text("".join(kept), encoding="utf-8")
        subprocess.run(
            ["msgfmt", "--check-format", "-o", file.with_suffix(".mo"), file], check=True
        )


def catalog(code: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / code / "LC_MESSAGES" / "django.po"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    renew()
