"""beancount's own checker, run as a child process: a foreign program that must accept an export."""

import subprocess
import sys
from pathlib import Path

# Its decimals have 28 digits; 80 are as many as any total of 38-digit amounts needs.
_CHECK = """
import decimal
decimal.DefaultContext.prec = 80
decimal.setcontext(decimal.DefaultContext)
from beancount.scripts.check import main
main()
"""


def complaints(path: Path) -> str:
    """Return what `bean-check` says of the file; an empty string is a file without errors."""
    done = subprocess.run(
        [sys.executable, "-c", _CHECK, "--no-cache", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    return said or f"exit code {done.returncode}" if done.returncode else said
