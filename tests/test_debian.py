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
            f'case "$last" in {"|".join(has)}) : > {tmp_path}/$last; '
            f"/bin/chmod +x {tmp_path}/$last;; esac",
        ]
        apt = tmp_path / "apt-get"
        apt.write_text("\n".join(lines) + "\n", encoding="utf-8")
        apt.chmod(apt.stat().st_mode | stat.S_IXUSR)
        return tmp_path

    return machine_that


def test_root_installs_what_is_missing(machine, capsys):
    folder = machine(has=["chromium", "hledger"])
    debian.main()
    assert capsys.readouterr().out == (
        "Installing for the tests, from Debian: chromium, hledger …\n"
    )
    assert (folder / "asked").read_text(encoding="utf-8").splitlines() == [
        "-qq update",
        "-qq install -y --no-install-recommends chromium",
        "-qq install -y --no-install-recommends hledger",
    ]
    debian.main()
    assert capsys.readouterr().out == "", "nothing is missing any more"


def test_what_debian_has_not_does_not_keep_the_other_away(machine, capsys):
    folder = machine(has=["hledger"])
    debian.main()
    assert (folder / "hledger").exists()
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Skipped: browser tests; chromium could not be installed."
    ]


def test_others_are_told_what_is_skipped_and_how_to_get_it(machine, capsys, monkeypatch):
    folder = machine(has=["chromium", "hledger"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    debian.main()
    assert capsys.readouterr().out.splitlines() == [
        "Skipped: browser tests; chromium is missing (Debian: apt install chromium).",
        "Skipped: hledger's check of an export; hledger is missing (Debian: apt install hledger).",
    ]
    assert not (folder / "asked").exists()
