"""The comparison of devices, tried on the CPU; and on the GPU if there is one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from lossbook import gpu_check
from lossbook.experiment import Experiment, History
from lossbook.gpu_check import Comparison, Outcome, main
from lossbook.scenarios import SCENARIOS
from lossbook.train import run

KEY = "lr-too-high-oscillates"
needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


def test_a_device_agrees_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "outcomes.json"
    assert main(["--device", "cpu", "--only", KEY, "--seed", "2", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    assert "2 of 2 outcomes agree." in out
    assert out.count("cpu (") == 4
    assert f"{KEY}  broken   oscillating" in out
    assert f"{KEY}  fixed    healthy" in out
    told = json.loads(path.read_text())
    assert told["seed"] == 2
    assert [(row["scenario"], row["variant"], row["agrees"]) for row in told["runs"]] == [
        (KEY, "broken", True),
        (KEY, "fixed", True),
    ]
    for row in told["runs"]:
        assert row["cpu"]["reference_loss"] == row["other"]["reference_loss"] > 0


def test_a_look_alike_is_run_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen = []

    def outcome(row: Any, variant: str, seed: int, device: torch.device) -> Outcome:
        seen.append(row.key)
        return Outcome("healthy", 1.0, 0.5)

    monkeypatch.setattr(gpu_check, "outcome", outcome)
    assert main(["--device", "cpu"]) == 0
    assert seen == [row.key for row in SCENARIOS.values() for _ in range(4 if row.cause else 2)]
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_other_symptoms_and_errors_count(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls = iter(range(4))

    def second_fails(experiment: Experiment, **options: Any) -> History:
        if next(calls) == 1:
            raise RuntimeError("no kernel for this")
        return run(experiment, **options)

    monkeypatch.setattr(gpu_check, "run", second_fails)
    assert main(["--device", "cpu", "--only", KEY]) == 1
    out = capsys.readouterr().out
    assert "1 of 2 outcomes agree." in out
    assert "DIFFERS: RuntimeError: no kernel for this" in out
    healthy, slow = Outcome("healthy", 0.5, 1.0), Outcome("slow", 0.75, 1.0)
    line = Comparison("a-key", "fixed", healthy, slow).line(8)
    assert line == "a-key     fixed    healthy            0.5       0.75\n  DIFFERS: slow"


@needs_no_gpu
def test_without_a_gpu_one_sentence_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gpu-check: device must be one that this machine has, got 'cuda' (")
    assert err.count("\n") == 1
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "3 if there is no such" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--only", "lr-too-hig"], "--only must be one of .*, got 'lr-too-hig'. Did you mean"),
        (["--seed", "-1"], "--seed must be at least 0, got -1."),
        (["--seed", str(2**64)], r"--seed must be at most 2\*\*64 - 1, got 18446744073709551616."),
        (["--json", "none/a.json"], "--json must be a file that can be written, got 'none/a.json': No such file"),
    ],
)
def test_what_cannot_be_is_refused(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--device", "cpu", *argv]) == 2
    assert re.match(f"gpu-check: {message}", capsys.readouterr().err)


@pytest.mark.parametrize("device", ["meta", "hpu", "xla", "gpu", "cuda:99", ""])
def test_a_device_that_does_not_compute_is_told_in_one_sentence(
    device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--device", device]) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"gpu-check: device must be one that this machine has, got {device!r} (")


def test_a_file_that_cannot_be_written_in_the_end_is_told_after_all_results(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gpu_check, "outcome", lambda *arguments: Outcome("healthy", 1.0, 0.5))
    monkeypatch.setattr(Path, "replace", full)
    assert main(["--device", "cpu", "--only", KEY, "--json", str(tmp_path / "a.json")]) == 2
    out, err = capsys.readouterr()
    assert "2 of 2 outcomes agree." in out
    assert err.endswith("a.json' cannot be written: No space left on device.\n")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(experiment: Experiment, **options: Any) -> History:
        return replace(run(replace(experiment, steps=8), **options), interrupted=True)

    monkeypatch.setattr(gpu_check, "run", interrupted)
    assert main(["--device", "cpu", "--json", str(tmp_path / "a.json")]) == 130
    assert capsys.readouterr().err == "gpu-check: stopped by Ctrl-C after 0 runs on each device.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
def test_one_scenario_agrees_on_the_gpu() -> None:
    assert main(["--only", KEY]) == 0
