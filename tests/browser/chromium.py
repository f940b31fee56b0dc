"""Debian's chromium for the browser tests: found, installed where that is allowed, or named."""

import os
import shutil
import subprocess
import sys

PACKAGE = "chromium"


def main() -> None:
    """Say what was installed, or what is missing and how to get it."""
    if shutil.which(PACKAGE):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.stdout.write(
            "Browser tests will be skipped: chromium is missing (Debian: apt install chromium).\n"
        )
        return
    sys.stdout.write("Installing Debian's chromium for the browser tests …\n")
    sys.stdout.flush()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE]
    for command in (["apt-get", "update", "-qq"], install):
        subprocess.run(command, check=False, env=environment, **quiet)
    if not shutil.which(PACKAGE):
        sys.stdout.write("chromium could not be installed; browser tests will be skipped.\n")


if __name__ == "__main__":
    main()
