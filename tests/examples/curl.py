"""Commands of docs/ that use curl: they are run, and answered as stands below them."""

import os
import re
import subprocess


def examples(text: str) -> list[tuple[str, str]]:
    """Each command of a text with the answer that stands below it."""
    pattern = r"^```bash\n(.*?)^```\n(?:\n```http\n(.*?)^```)?"
    return re.findall(pattern, text, re.MULTILINE | re.DOTALL)


def ran(command: str, variables: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.replace("curl -i", "curl -si")],
        env=os.environ | variables, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, command + done.stderr
    return done.stdout


def unlike(answer: str, expected: str) -> list[str]:
    """The lines of an expected answer that it has not; `…` stands for anything."""
    status, *headers = answer.partition("\n\n")[0].splitlines()
    told = [re.sub(r"^HTTP/\S+ (\d+).*", r"HTTP/1.1 \1", status), *headers]
    return [
        line
        for line in expected.splitlines()
        if not any(
            re.fullmatch(re.escape(line).replace("…", ".+"), each, re.IGNORECASE) for each in told
        )
    ]
