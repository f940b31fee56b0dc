"""Debian's programs that some tests need: found, installed where that is allowed, or named."""

import os
import shutil
import subprocess
import sys

TESTS = {
    "chromium": "browser tests",
    "hledger": "hledger's check of an export",
    "xgettext": "whether the catalogs are up to date",
}
"""Which tests are skipped without a program."""
PACKAGES = {"xgettext": "gettext"}
"""Where a program's package is not named after it."""


def main() -> None:
    """Say what was installed, or what is missing and how to get it."""
    wanted = missing()
    if not wanted:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        for each in wanted:
            _say(
                f"Skipped: {TESTS[each]}; {each} is missing (Debian: apt install {package(each)})."
            )
        return
    _say(f"Installing for the tests, from Debian: {', '.join(map(package, wanted))} …")
    _apt_get("update")
    for each in wanted:
        _apt_get("install", "-y", "--no-install-recommends", package(each))
    for each in missing():
        _say(f"Skipped: {TESTS[each]}; {each} could not be installed.")


def missing() -> list[str]:
    return [each for each in TESTS if not shutil.which(each)]


def package(program: str) -> str:
    return PACKAGES.get(program, program)


def _apt_get(*arguments: str) -> None:
    """Run it quietly; what came of it is seen by what is there afterwards."""
    subprocess.run(
        ["apt-get", "-qq", *arguments],
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
