"""How an account's code is written, in paths and elsewhere; both sides use it."""

import re

from django.urls import register_converter
from django.urls.converters import StringConverter

CODE = re.compile(r"[a-z0-9][a-z0-9_.-]*(?::[a-z0-9][a-z0-9_.-]*)*")
MAX_CODE = 200
CODE_SCHEMA = {
    "type": "string",
    "pattern": f"^{CODE.pattern}$",
    "maxLength": MAX_CODE,
    "description": "An account's code, parts divided by colons.",
    "examples": ["customers:alan"],
}


class CodeConverter(StringConverter):
    """An account's code, colons and all."""

    regex = r"[a-z0-9][a-z0-9_.:-]{0,199}"
    schema = CODE_SCHEMA


register_converter(CodeConverter, "code")
