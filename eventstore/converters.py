"""How an account's code stands in a path; both sides use it."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class CodeConverter(StringConverter):
    """An account's code, colons and all."""

    regex = r"[a-z0-9][a-z0-9_.:-]{0,199}"


register_converter(CodeConverter, "code")
