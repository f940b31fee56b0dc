"""The project's own files: as git tracks them, or as they lie there where there is no git."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {"var", "__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def tracked() -> list[Path]:
    """The files that a clone has, relative to the root."""
    return _listed("--cached")


def present() -> list[Path]:
    """The files that a clone would have once all there is was committed."""
    return _listed("--cached", "--others", "--exclude-standard")


def python(*folders: str) -> list[Path]:
    """The tracked modules below these folders, or all; generated ones (migrations) left out."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py"
        and "migrations" not in path.parts
        and (not folders or path.parts[0] in folders)
    ]


def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def copy_to(folder: Path) -> Path:
    """A copy of the project, of which a test may do what it likes."""
    for path in present():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    return folder


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of a copy, as `make check` does."""
    run = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    return subprocess.run(
        [sys.executable, "-c", run], cwd=folder, capture_output=True, text=True, check=False
    )


def _listed(*which: str) -> list[Path]:
    if not (ROOT / ".git").exists():
        return sorted(path.relative_to(ROOT) for path in ROOT.rglob("*") if _is_ours(path))
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", *which],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = sorted({Path(name) for name in listed.stdout.split("\0") if name})
    return [path for path in paths if (ROOT / path).is_file()]


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    foreign = any(part in NOT_OURS or part.startswith(".venv") for part in parts)
    return path.is_file() and not foreign and not any(p.endswith(".egg-info") for p in parts)
