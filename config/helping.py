"""How `--help` of a management command is laid out."""

from itertools import groupby
from textwrap import fill

from django.core.management.base import DjangoHelpFormatter


def keep_examples() -> None:
    """Let every command's help keep its paragraphs, and each indented line, such as an example.

    Django's formatter, which offers no other way, makes one paragraph of a whole description.
    """
    setattr(DjangoHelpFormatter, "_fill_text", _filled)  # noqa: B010


def _filled(_: DjangoHelpFormatter, text: str, width: int, indent: str) -> str:
    laid_out = []
    for kept, lines in groupby(text.splitlines(), lambda line: line[:2] in ("", "  ")):
        paragraph = "\n".join(lines)
        laid_out.append(paragraph if kept else fill(paragraph, width, initial_indent=indent))
    return "\n".join(laid_out)
