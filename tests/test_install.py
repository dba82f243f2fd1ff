"""The set-up: one clear sentence and a non-zero exit code when it cannot work, and nothing is done twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

SCRIPT = ROOT / "tools" / "install.py"


def test_a_python_that_is_too_old_is_told_so() -> None:
    code = f"import sys, runpy; sys.version_info = (3, 10, 2); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("lossbook needs Python 3.11 or newer, this is Python 3.10 (")
    assert len(run.stderr.strip().splitlines()) == 1


def test_without_a_network_one_sentence_says_so(tmp_path: Path) -> None:
    offline = {
        **os.environ,
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
    }
    offline.pop("PIP_FIND_LINKS", None)
    command = [sys.executable, str(SCRIPT), "book", "--venv", str(tmp_path / "a venv")]
    run = subprocess.run(command, capture_output=True, text=True, env=offline, check=False)
    assert run.returncode == 1
    assert run.stderr.strip() == (
        "The install needs a network, and no package index answered; nothing after the install needs one."
    )
    assert not (tmp_path / "a venv" / "lossbook-installed.json").exists()


def test_a_second_call_does_nothing_not_even_start_pip(tmp_path: Path) -> None:
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    note = {"pyproject": digest, "folder": str(ROOT), "extras": ["book", "dev"]}
    (tmp_path / "lossbook-installed.json").write_text(json.dumps(note))
    command = [sys.executable, str(SCRIPT), "dev", "--venv", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout + run.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["lossbook-installed.json"]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_make_without_a_target_lists_them() -> None:
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("help", "book", "test", "lab", "lint", "bench", "clean"):
        assert f"make {target} " in run.stdout.replace("\t", " ")
