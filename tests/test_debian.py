"""Programs that some tests need are installed where that is allowed, and named otherwise."""

import os
import stat

import pytest

from tests import debian


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with no program but an apt-get that installs what `has` names."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def machine_that(*, has):
        lines = [
            "#!/bin/sh",
            f'echo "$@" >> {tmp_path}/asked',
            "for last; do :; done",
            "program=$last",
            '[ "$last" = gettext ] && program=xgettext',
            f'case "$last" in {"|".join(has)}) : > {tmp_path}/$program; '
            f"/bin/chmod +x {tmp_path}/$program;; esac",
        ]
        apt = tmp_path / "apt-get"
        apt.write_text("\n".join(lines) + "\n", encoding="utf-8")
        apt.chmod(apt.stat().st_mode | stat.S_IXUSR)
        return tmp_path

    return machine_that


def test_root_installs_what_is_missing(machine, capsys):
    folder = machine(has=["chromium", "hledger", "gettext"])
    debian.main()
    assert capsys.readouterr().out == (
        "Installing for the tests, from Debian: chromium, hledger, gettext …\n"
    )
    assert (folder / "asked").read_text(encoding="utf-8").splitlines() == [
        "-qq update",
        "-qq install -y --no-install-recommends chromium",
        "-qq install -y --no-install-recommends hledger",
        "-qq install -y --no-install-recommends gettext",
    ]
    debian.main()
    assert capsys.readouterr().out == "", "nothing is missing any more"


def test_what_debian_has_not_does_not_keep_the_others_away(machine, capsys):
    folder = machine(has=["hledger"])
    debian.main()
    assert (folder / "hledger").exists()
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Skipped: browser tests; chromium could not be installed.",
        "Skipped: whether the catalogs are up to date; xgettext could not be installed.",
    ]


def test_others_are_told_what_is_skipped_and_how_to_get_it(machine, capsys, monkeypatch):
    folder = machine(has=["chromium", "hledger", "gettext"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    debian.main()
    assert capsys.readouterr().out.splitlines() == [
        "Skipped: browser tests; chromium is missing (Debian: apt install chromium).",
        "Skipped: hledger's check of an export; hledger is missing (Debian: apt install hledger).",
        "Skipped: whether the catalogs are up to date; xgettext is missing "
        "(Debian: apt install gettext).",
    ]
    assert not (folder / "asked").exists()
