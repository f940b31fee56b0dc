"""`make catalogs`: bring config/locale up to date with what pages say (needs GNU gettext)."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages

IGNORED = (".venv*", "var", "tests", "docs", "static", "node_modules")
WORDS: tuple[str, ...] = ()
"""Values of fixed sets that templates translate as they are."""


class Command(makemessages.Command):
    """Django's, which also takes the texts that stand in no template and in no call."""

    def process_files(self, file_list: list[Any]) -> None:
        super().process_files(file_list)
        pot = Path(settings.LOCALE_PATHS[0]) / f"{self.domain}.pot"
        with pot.open("a", encoding="utf-8", newline="\n") as file:
            for text in texts():
                # JSON escapes as catalogs do.
                file.write(f'\n\nmsgid {json.dumps(text, ensure_ascii=False)}\nmsgstr ""\n')


def texts() -> Iterator[str]:
    """What pages take from code that has no language: of refusals, commands, and values."""
    from commands.engine.decider import handlers
    from commands.engine.readable import words
    from config.refusals import problems

    for each in problems().values():
        yield from (words(each.code), each.says, each.then, *map(words, each.facts))
    yield from map(words, handlers())
    yield from WORDS


def renew() -> None:
    """Put new texts into each catalog, take old ones out, and compile it.

    Places of texts are left out, as they change with every line that is written.
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
    call_command("compilemessages", ignore_patterns=list(IGNORED), verbosity=0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    renew()
