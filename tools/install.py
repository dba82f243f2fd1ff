"""Make the environment and install lossbook with the named extras, once.

    python tools/install.py book dev [--venv PATH]

A second call does nothing and is quick: a note inside the environment says what was installed, for which
pyproject.toml and from which folder. Any Python 3 can start this file, so that a Python that is too old gets a clear
message.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = (3, 11)  # requires-python of pyproject.toml; a test holds the two together
NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "Name or service not known",
    "Failed to establish",
    "timed out",
)


def main() -> None:
    if sys.version_info < NEEDED:
        found = sys.version_info[:2] + (sys.executable,)
        text = (
            "lossbook needs Python %d.%d or newer, this is Python %d.%d (%s). Name another one: make PYTHON=python3.12"
        )
        sys.exit(text % (NEEDED + found))
    parser = argparse.ArgumentParser(description="Make the environment and install lossbook with extras, once.")
    parser.add_argument("extras", nargs="*", help="extras of pyproject.toml: book, lab, dev")
    parser.add_argument("--venv", default=str(ROOT / ".venv"), help="environment to make or to reuse")
    arguments = parser.parse_args()
    folder = Path(arguments.venv)

    note = folder / "lossbook-installed.json"
    wanted = {"pyproject": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(), "folder": str(ROOT)}
    known = json.loads(note.read_text()) if note.exists() else {}
    same = {key: known.get(key) for key in wanted} == wanted
    extras = sorted(set(known.get("extras", []) if same else []) | set(arguments.extras))
    if same and extras == known["extras"]:
        return

    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"Making the environment {folder} ...", flush=True)
        venv.create(folder, with_pip=True)
    print(f"Installing lossbook[{','.join(extras)}] into {folder}; the first time this takes minutes ...", flush=True)
    pip(python, f"{ROOT}[{','.join(extras)}]")
    note.write_text(json.dumps({**wanted, "extras": extras}))


def pip(python: Path, requirement: str) -> None:
    """Run pip; if it fails, end with one sentence that says why."""
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--retries", "2"]
    command += ["--progress-bar", "off", "--editable", requirement]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=str(ROOT))
    assert run.stdout is not None
    lines = []
    for line in run.stdout:
        lines.append(line)
        if line.startswith(("Collecting", "Downloading", "  Downloading", "Installing", "Building")):
            print(line[:110].rstrip(), flush=True)
    if run.wait() == 0:
        return
    text = "".join(lines)
    if any(sign in text for sign in NO_NETWORK):
        sys.exit("The install needs a network, and no package index answered; nothing after the install needs one.")
    sys.stderr.write("".join(lines[-20:]))
    sys.exit("pip could not install lossbook; its last lines are above.")


if __name__ == "__main__":
    main()
