"""Texts that are kept in English, said in the language of who reads them."""

import re

from django.utils.translation import gettext

_forms: dict[str, re.Pattern[str]] = {}


def saying(form: str) -> str:
    """A sentence with `{parts}`, which is known again when something was said by it.

    Parts named `what` and `why` are texts themselves. This call puts it into the catalogs.
    """
    parts = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(form))
    _forms[form] = re.compile(parts, re.DOTALL)
    return form


def spoken(text: str) -> str:
    """A text that is kept in English, in the language of the page; itself where it is in none."""
    found = gettext(text)
    if found != text:
        return found
    # The one that says the most by itself comes first.
    for form in sorted(_forms, key=len, reverse=True):
        if match := _forms[form].fullmatch(text):
            parts = match.groupdict()
            texts = {name: spoken(parts[name]) for name in ("what", "why") if name in parts}
            return gettext(form).format(**parts | texts)
    return text
