"""The catalogs of translations have every text, and each is translated."""

import re
import shutil
import subprocess

import pytest

from tests import catalogs
from tests.tree import ROOT

LANGUAGES = sorted(each.name for each in (ROOT / "config" / "locale").iterdir())
needs_gettext = pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="xgettext is missing (Debian: apt install gettext)"
)


@needs_gettext
@pytest.mark.parametrize("language", LANGUAGES)
def test_they_are_as_make_catalogs_makes_them(language, settings, tmp_path, monkeypatch):
    kept = catalogs.catalog(language)
    folder = tmp_path / "locale"
    shutil.copytree(ROOT / "config" / "locale", folder)
    settings.LOCALE_PATHS = [folder]
    monkeypatch.chdir(ROOT)
    catalogs.renew()
    made = catalogs.catalog(language)
    for suffix in (".po", ".mo"):
        new, old = (each.with_suffix(suffix).read_bytes() for each in (made, kept))
        assert new == old, f"run make catalogs, and translate what is new in {language}"


@needs_gettext
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", ["--untranslated", "--only-fuzzy"])
def test_nothing_is_left_to_translate(language, what):
    found = subprocess.run(
        ["msgattrib", what, "--no-obsolete", catalogs.catalog(language)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not found.stdout, found.stdout


def test_every_sentence_of_the_list_is_said_by_the_code():
    """A number in it may be one that the code writes itself."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for side in ("commands", "eventstore", "projections")
        for path in (ROOT / side).rglob("*.py")
    )
    said = re.sub(r'"\s*f?"', "", code)
    for sentence in set(catalogs.SENTENCES) - OF_LIBRARIES:
        assert re.split(r"\d", sentence)[0] in said, sentence


OF_LIBRARIES = {"This field is required.", "This field may not be null."}
"""What Django REST framework says."""
