"""``lossbook diagnose``: the screen, the JSON, the pictures, its exit codes, and a log that grows."""

from __future__ import annotations

import io
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from curve_files import LOGS

from lossbook.causes import CAUSES, suspects
from lossbook.cli import main, recorded
from lossbook.recorded.next_test import NEXT_TESTS
from lossbook.symptoms import NO_SYMPTOM, SYMPTOMS

FLAT = "".join(f"step {i}: loss {math.log(10):.4f}\n" for i in range(20))
FALLS = "".join(f"step {i}: loss {2.3 * 0.8**i:.4f}, val loss {2.4 * 0.8**i:.4f}\n" for i in range(20))


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its path is short, as lines are broken at 80 columns."""
    monkeypatch.chdir(tmp_path)
    Path("log").write_text(FLAT)
    return Path("log")


def words(text: str) -> str:
    return " ".join(text.split())


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    """What the command writes as JSON."""
    assert main(["diagnose", *argv, "--json"]) == 0
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def test_the_screen_tells_the_symptom_the_constant_the_causes_and_the_next_test(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnose", str(log)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{log}: high-flat\n")
    assert SYMPTOMS["high-flat"] in words(out)
    assert "the loss ends at 2.303, which is ln 10, 2.303: the loss of a model that gives 10 classes" in words(out)
    places = [
        words(out).index(f"{key}: {CAUSES[key].title} test: {CAUSES[key].test}")
        for key in ("labels-misaligned", "lr-too-high")
    ]
    assert places == sorted(places)
    assert all(row.key in words(out) for row in suspects("high-flat"))
    assert out.rstrip().endswith(NEXT_TESTS["high-flat"].code.splitlines()[-1].strip())
    assert "x training" in out
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80


def test_a_terminal_gets_braille_dots_and_colours(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    screen = io.TextIOWrapper(io.BytesIO(), encoding="utf8")
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", screen)
    log.write_text(FALLS)
    assert main(["diagnose", str(log)]) == 0
    out = screen.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "\x1b[38;5;" in out
    assert any(0x2800 < ord(letter) < 0x2900 for letter in out)
    assert "held out" in out


def test_the_json_has_the_names_that_are_documented(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, str(log))
    page = (Path(__file__).parent.parent / "book" / "recorded.md").read_text()
    for name in (*found, *found["constants"][0], *found["causes"][0], *found["next_test"], *found["first"]):
        assert f"`{name}`" in page, name
    assert found["symptom"] == "high-flat"
    assert (found["points"], found["held_out_points"], found["unit"]) == (20, 0, None)
    assert found["first"] == {"step": 0.0, "loss": 2.3026}
    assert found["constants"][0]["name"] == "ln 10"
    assert [row["key"] for row in found["causes"]][: len(found["constants"][0]["causes"])] == found["constants"][0][
        "causes"
    ]
    assert {row.key for row in suspects("high-flat")} <= {row["key"] for row in found["causes"]}


@pytest.mark.parametrize("name", LOGS)
def test_every_log_can_be_told_as_json_and_on_the_screen(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").write_bytes(LOGS[name].content)
    assert told(capsys, str(tmp_path / "log"))["points"] == len(LOGS[name].loss)
    assert main(["diagnose", str(tmp_path / "log")]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("losses", "code"),
    [
        ([2.3, math.nan, math.nan], "non-finite"),
        ([2.3, 2.2], "too-short"),
        ([5.0] * 9, "high-flat"),
        ([-1.0, -2.0, 0.0], "too-short"),
    ],
)
def test_any_curve_can_be_told(
    losses: list[float], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").write_text("".join(f"{loss}\n" for loss in losses))
    found = told(capsys, str(tmp_path / "log"))
    assert found["symptom"] == code
    assert found["last"]["loss"] == (losses[-1] if math.isfinite(losses[-1]) else "nan")
    assert main(["diagnose", str(tmp_path / "log")]) == 0
    assert NEXT_TESTS[code].what.split()[0] in capsys.readouterr().out


def test_text_may_come_through_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FALLS.encode())))
    assert told(capsys, "-")["file"] == "standard input"
    monkeypatch.setattr(sys, "stdin", io.StringIO(FALLS))
    assert told(capsys, "-")["held_out_points"] == 20
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["diagnose", "-"]) == 2
    assert capsys.readouterr().err == "lossbook: standard input must be open, and is closed.\n"


def test_columns_and_runs_are_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_bytes(LOGS["wandb_chart"].content)
    assert told(capsys, str(tmp_path / "log"), "--run", "old-hill-2")["last"]["loss"] == 9.0
    (tmp_path / "log").write_bytes(LOGS["lightning"].content)
    found = told(capsys, str(tmp_path / "log"), "--column", "train_loss_epoch", "--val", "train_loss_step")
    assert (found["points"], found["held_out_points"]) == (3, 12)


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_the_curve_is_drawn_into_a_file(
    suffix: str, start: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").write_text(FALLS)
    files = ["--plot", str(tmp_path / f"curve{suffix}"), "--json", str(tmp_path / "told.json")]
    assert main(["diagnose", str(tmp_path / "log"), *files]) == 0
    assert (tmp_path / f"curve{suffix}").read_bytes().startswith(start)
    assert json.loads((tmp_path / "told.json").read_text())["symptom"] == "healthy"
    assert "healthy" in capsys.readouterr().out  # the screen is shown, too


@pytest.mark.parametrize(
    ("codes", "exit"),
    [("high-flat", 1), ("diverging,high-flat", 1), ("any", 1), ("diverging", 0), ("healthy", 0), ("NaN, flat-", 2)],
)
def test_a_script_can_fail_on_symptoms(codes: str, exit: int, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(log), "--fail-on", codes]) == exit
    assert capsys.readouterr().err.count("\n") == (exit == 2)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["none"], "'none' cannot be read: No such file or directory."),
        (["."], "'.' must be a file with losses, and is a folder."),
        (["log", "--column", "los"], "there is no column 'los'; there are loss."),
        (["log", "--run", "7"], ""),
        (["log", "--plot", "a.gif"], "suffix of --plot must be one of '.png', '.svg', got '.gif'"),
        (["log", "--json", "none/a.json"], "--json must be a file that can be written"),
        (["-", "--follow"], "--follow must be given a file, got standard input."),
        (["none", "--follow"], "'none' cannot be read: No such file or directory."),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    argv: list[str], message: str, log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(log.parent)
    assert main(["diagnose", *argv]) == (2 if message else 0)
    assert message in capsys.readouterr().err


def test_a_log_that_grows_is_judged_again_until_it_fails(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write_text("")
    grown = [FALLS[:200], None, FALLS[:200] + "step 9: loss nan\n"]

    def sleep(_: float) -> None:
        if (text := grown.pop(0)) is not None:
            log.write_text(text)
            os.utime(log, (len(text), len(text)))

    monkeypatch.setattr(recorded.time, "sleep", sleep)
    assert main(["diagnose", str(log), "--follow", "--fail-on", "non-finite"]) == 1
    out = capsys.readouterr().out
    assert words(out).startswith(words(f"'{log}' cannot be read as a curve: it must hold losses, and is empty."))
    assert out.count(f"{log}: ") == 2
    assert grown == []


def test_ctrl_c_ends_the_watch(log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def pressed(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recorded.time, "sleep", pressed)
    assert main(["diagnose", str(log), "--follow"]) == 130
    assert capsys.readouterr().err == "lossbook: stopped by Ctrl-C; nothing was written.\n"


def test_a_million_points_are_drawn_with_their_extremes() -> None:
    import numpy as np

    value = np.ones(1_000_000)
    value[123_456] = 9.0
    step, drawn = recorded._thinned(np.arange(1_000_000.0), value)
    assert len(step) == len(drawn) <= recorded.DRAWN
    assert drawn.max() == 9.0


@pytest.mark.parametrize("code", NEXT_TESTS)
def test_the_next_test_runs_in_plain_torch(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    names: dict[str, Any] = {
        "torch": torch,
        "model": model,
        "loss_fn": torch.nn.CrossEntropyLoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "x": torch.randn(6, 3),
        "y": torch.tensor([0, 1] * 3),
        "step": 0,
    }
    names["loss"] = names["loss_fn"](model(names["x"]), names["y"])
    names["loss"].backward()
    with torch.autograd.set_detect_anomaly(False):
        exec(NEXT_TESTS[code].code, names)
    torch.autograd.set_detect_anomaly(False)
    assert capsys.readouterr().out or "lr" in NEXT_TESTS[code].code


def test_every_verdict_has_a_next_test() -> None:
    assert set(SYMPTOMS) | set(NO_SYMPTOM) <= set(NEXT_TESTS)
