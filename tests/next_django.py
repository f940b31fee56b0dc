"""Run the suite on Django 6 too, where the machine has a Python that takes it.

What another Django cannot change is left out: see LEFT_OUT.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PYTHONS = ("python3.14", "python3.13", "python3.12")
ENVIRONMENT = ".venv-next"
SUITE = ["-m", "pytest", "--create-db", "tests/unit", "tests/integration"]
LEFT_OUT = [
    # Clusters, processes and signals are PostgreSQL's and the system's.
    "tests/integration/running",
    # Real data goes through commands and exports that the rest of the suite tries.
    "tests/integration/data",
    # The alternatives that we are measured against.
    "tests/integration/test_benchmarks.py",
    # Which files a second domain needs.
    "tests/integration/test_second_domain.py",
    # What reads our document; that answers are as it says is held in every test that asks.
    "tests/integration/http/test_schemathesis.py",
    "tests/integration/http/test_generated_client.py",
]


def main(*options: str) -> int:
    """The exit code of the suite on Django 6; 0, saying so, where it cannot run."""
    python = next(filter(works, candidates()), None)
    if python is None:
        sys.stdout.write("Skipped: the suite on Django 6 (needs Python 3.12 or newer).\n")
        return 0
    made = subprocess.run([python, "requirements/bootstrap.py", "next", ENVIRONMENT], check=False)
    if made.returncode:
        return made.returncode
    without = [f"--ignore={path}" for path in LEFT_OUT]
    suite = [f"{ENVIRONMENT}/bin/python", *SUITE, *without, *options]
    return subprocess.run(suite, check=False).returncode


def candidates() -> list[str]:
    """Pythons on the path, and those that pyenv keeps beside it."""
    kept = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    if not os.access(kept, os.R_OK | os.X_OK):
        return list(PYTHONS)
    return [*PYTHONS, *(str(found) for name in PYTHONS for found in kept.glob(f"*/bin/{name}"))]


def works(python: str) -> bool:
    """Whether this Python is there and can make environments; a shim may only pretend."""
    if shutil.which(python) is None:
        return False
    probe = [python, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
