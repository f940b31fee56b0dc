"""How `--help` of a management command is laid out, and what who mistypes one is told.

Django's parser and formatter offer no other way than to be changed.
"""

from argparse import Action, ArgumentParser, HelpFormatter
from collections.abc import Iterable
from itertools import groupby
from textwrap import fill
from typing import NoReturn

from django.core.management.base import CommandError, CommandParser, DjangoHelpFormatter

WRONGLY_ASKED = 2
COMMON = "\nDjango's, as of every command: {names}."


def lay_out() -> None:
    """Let every command's help keep its paragraphs and examples, and its own options stand out."""
    setattr(DjangoHelpFormatter, "_fill_text", _filled)  # noqa: B010
    setattr(DjangoHelpFormatter, "_reordered_actions", _own)  # noqa: B010
    setattr(DjangoHelpFormatter, "add_arguments", _add_arguments)  # noqa: B010
    setattr(CommandParser, "error", _refuse)  # noqa: B010


def _filled(_: HelpFormatter, text: str, width: int, indent: str) -> str:
    """Paragraphs stay, and so does each indented line, such as an example."""
    laid_out = []
    for kept, lines in groupby(text.splitlines(), lambda line: line[:2] in ("", "  ")):
        paragraph = "\n".join(lines)
        laid_out.append(
            paragraph
            if kept
            else fill(paragraph, width, initial_indent=indent, subsequent_indent=indent)
        )
    return "\n".join(laid_out)


def _is_common(action: Action) -> bool:
    return not DjangoHelpFormatter.show_last.isdisjoint(action.option_strings)


def _own(_: HelpFormatter, actions: Iterable[Action]) -> list[Action]:
    return [each for each in actions if not _is_common(each)]


def _add_arguments(formatter: HelpFormatter, actions: Iterable[Action]) -> None:
    """The command's own options one by one, and those that all have in a paragraph."""
    told = list(actions)
    HelpFormatter.add_arguments(formatter, _own(formatter, told))
    if common := [each.option_strings[0] for each in told if _is_common(each)]:
        formatter.add_text(COMMON.format(names=", ".join(common)))


def _refuse(parser: CommandParser, message: str) -> NoReturn:
    """What is wrong, and where to look, without all that would be right."""
    if not getattr(parser, "called_from_command_line", None):
        raise CommandError(f"Error: {message}")
    ArgumentParser.exit(
        parser, WRONGLY_ASKED, f"{parser.prog}: {message}\nSee {parser.prog} --help.\n"
    )
