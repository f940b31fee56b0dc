"""`verify`, and what it found."""

import io
import json
from typing import Any

from django.core.management import call_command


def reported(*names: str, **options: Any) -> dict[str, Any]:
    """The report of `verify`; it ends with 1 where something differs, and only there."""
    output, code = io.StringIO(), 0
    try:
        call_command("verify", *names, json=True, stdout=output, **options)
    except SystemExit as error:
        code = int(str(error.code))
    report: dict[str, Any] = json.loads(output.getvalue())
    assert code == (0 if report["clean"] else 1)
    return report


def verify(*names: str, **options: Any) -> dict[str, dict[str, str]]:
    """What differs: by check, where it is and what is said of it."""
    return {
        each["name"]: {finding["where"]: finding["what"] for finding in each["findings"]}
        for each in reported(*names, **options)["checks"]
        if each["findings"]
    }
