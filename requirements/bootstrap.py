"""Make `.venv/` match `requirements/<name>.txt`: with uv if it is there, else venv and pip."""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HOME = HERE.parent


def main(name: str, folder: str = ".venv") -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Daybook needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    venv, wanted = HOME / folder, HERE / f"{name}.txt"
    uv = shutil.which("uv")
    try:
        if not (venv / "bin" / "python").exists():
            make_environment(venv, uv)
        print(f"Installing {wanted.name} into {folder}/ …", flush=True)
        install(venv, wanted, uv)
    except PermissionError as error:
        sys.exit(f"Cannot write to {error.filename}: give this user the right to write there.")
    except subprocess.CalledProcessError as error:
        sys.exit(f"Setting up {folder}/ failed ({shown(error.cmd)}); the lines above say why.")
    for stamp in {"base", name}:
        shutil.copyfile(HERE / f"{stamp}.txt", venv / f"{stamp}.txt")


def make_environment(venv: pathlib.Path, uv: str | None) -> None:
    print(f"Making {venv.name}/ with Python {sys.version.split()[0]} …", flush=True)
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
        return
    try:
        import ensurepip  # noqa: F401
        import venv as _  # noqa: F401
    except ImportError:
        sys.exit("This Python has no venv: install it (Debian: apt install python3-venv).")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)


def install(venv: pathlib.Path, wanted: pathlib.Path, uv: str | None) -> None:
    python = str(venv / "bin" / "python")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--require-hashes", "-r", str(wanted)], check=True)


def shown(command: list[str]) -> str:
    return " ".join(command)


if __name__ == "__main__":
    main(*sys.argv[1:])
