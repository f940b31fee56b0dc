"""Run the suite on Django 6 too, where the machine has a Python that takes it."""

import os
import shutil
import subprocess
import sys

PYTHONS = ("python3.14", "python3.13", "python3.12")
ENVIRONMENT = ".venv-next"


def main() -> int:
    """The exit code of the suite on Django 6; 0, saying so, where it cannot run."""
    python = next((found for name in PYTHONS if (found := shutil.which(name))), None)
    if python is None:
        sys.stdout.write("Skipped: the suite on Django 6 (needs Python 3.12 or newer).\n")
        return 0
    subprocess.run([python, "requirements/bootstrap.py", "next", ENVIRONMENT], check=True)
    suite = ["-m", "pytest", "--create-db", "tests/unit", "tests/integration", "-m", "not tools"]
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    return subprocess.run(
        [f"{ENVIRONMENT}/bin/python", *suite], check=False, env=environment
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
