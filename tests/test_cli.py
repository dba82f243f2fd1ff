"""The command line: what is listed, what is trained, what is refused, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from test_plotting import HISTORY
from test_structure import PROJECT

from lossbook.causes import CAUSES
from lossbook.cli import chart, main, training
from lossbook.experiment import Experiment, History
from lossbook.files import write_whole
from lossbook.loop import Loop
from lossbook.paths import diff
from lossbook.probes import PROBES, Finding, Setup
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.symptoms import LEAST_LOOKS, SYMPTOMS

KEY = "lr-too-high-oscillates"
SHORT = ["run", KEY, "--steps", "20", "--device", "cpu"]


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(experiment: Experiment, **options: Any) -> History:
        raise AssertionError("this must be refused before anything is trained")

    monkeypatch.setattr(training, "run", run)
    monkeypatch.setattr(training, "setup_of", run)
    monkeypatch.setitem(PROBES, "lr-too-high", lambda setup: Finding(True, ""))


def test_every_scenario_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    for row in SCENARIOS.values():
        assert words(f"{row.key} {row.symptom} {row.cause or ''} {row.title}") in words(out)


@pytest.mark.parametrize(("flag", "name"), [("--cause", "cause"), ("--symptom", "symptom")])
def test_scenarios_are_filtered(flag: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    value = getattr(SCENARIOS[KEY], name)
    assert main(["scenarios", flag, value, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [item["key"] for item in listed] == [row.key for row in SCENARIOS.values() if getattr(row, name) == value]
    assert all(item["change"] == [str(change) for change in _change(SCENARIOS[item["key"]])] for item in listed)


def _change(row: Scenario) -> list[Any]:
    return diff(row.broken, row.fixed)


def test_every_cause_is_listed_and_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["causes"]) == 0
    out = capsys.readouterr().out
    for key, row in CAUSES.items():
        assert words(f"{key} {row.title} (") in words(out)
        assert main(["causes", key]) == 0
        told = capsys.readouterr().out
        out += told
        for part in (row.title, row.group, row.test, row.fix, ", ".join(row.sources), row.chapter):
            assert part in words(told)
        assert all(f"{code}: {SYMPTOMS[code]}" in words(told) for code in row.symptoms)
        assert all(item.key in told for item in SCENARIOS.values() if item.cause == key)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_a_run_is_told_drawn_and_written(
    suffix: str, start: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot, told = tmp_path / f"curves{suffix}", tmp_path / "run.json"
    assert main([*SHORT, "--seed", "3", "--plot", str(plot), "--json", str(told), "--no-progress"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.isascii()
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    written = json.loads(told.read_text())
    assert (written["key"], written["seed"], written["cause"]) == (KEY, 3, "lr-too-high")
    for name, run in written["runs"].items():
        assert words(f"{name} {run['symptom']}: {SYMPTOMS[run['symptom']]}") in words(out)
        (tmp_path / "history.json").write_text(json.dumps(run["history"]))
        assert len(History.load(tmp_path / "history.json").loss) == 20
    assert list(written["runs"]) == ["broken", "fixed"]
    assert "optimizer.lr: 1.0 -> 0.05" in out
    assert "cpu (" in out
    assert "x broken, o fixed" in out
    assert plot.read_bytes().startswith(start)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([plot.name, "run.json", "history.json"])


def test_a_healthy_run_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    key = next(row.key for row in SCENARIOS.values() if row.cause is None)
    assert main(["run", key, "--steps", "20", "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    assert "x healthy" in out
    assert "broken" not in out


@pytest.mark.parametrize("row", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_another_number_of_steps_keeps_the_looks(row: Scenario) -> None:
    assert training.with_steps(row.broken, None) is row.broken
    assert training.with_steps(row.broken, row.broken.steps) == row.broken
    for steps in (LEAST_LOOKS - 1, 20, 39, 1000):
        changed = training.with_steps(row.broken, steps)
        assert changed.steps == steps
        assert steps // changed.eval_every + 1 >= min(row.broken.steps // row.broken.eval_every, LEAST_LOOKS)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["run", "lr-too-hi-oscillates"],
            "there is no scenario .*, as `lossbook .*; did you mean .*lr-too-hi",
        ),
        (["probe", "zzz"], "there is no scenario 'zzz', as `lossbook scenarios` lists them.$"),
        (["causes", "lr-to-high"], "there is no cause 'lr-to-high', .*; did you mean lr-too-high or "),
        (["scenarios", "--cause", "lr-to-high"], "there is no cause 'lr-to-high'"),
        (["scenarios", "--symptom", "flat"], "symptom must be one of .*, got 'flat'"),
        (["run", KEY, "--device", "cuda:77"], "device must be one that this machine has, got 'cuda:77'"),
        (["probe", KEY, "--device", "gpu"], "device must be one that this machine has, got 'gpu'"),
        (["run", KEY, "--seed", "-1"], "seed must be at least 0, got -1"),
        (["run", KEY, "--steps", "3"], "--steps must be at least 7, got 3"),
        (["run", KEY, "--plot", "a.gif"], "suffix of --plot must be one of '.png', '.svg', got '.gif'"),
        (["run", KEY, "--plot", "none/a.png"], "--plot must be a file that can be written, got 'none/a.png': No such"),
        (["run", KEY, "--json", "."], "--json must be a file that can be written, got '.': it is there and is no file"),
        (["run", KEY, "--json", os.devnull], "must be a file .*: it is there and is no file"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    argv: list[str], message: str, untrained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(f"^lossbook: .*{message}", err), err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="for this user every folder can be written")
def test_a_folder_without_permission_is_refused(
    untrained: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o500)
    assert main(["run", KEY, "--json", str(tmp_path / "run.json")]) == 2
    assert "run.json': Permission denied." in capsys.readouterr().err


def test_words_that_argparse_does_not_know_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["train"], ["run", KEY, "--seed", "one"]):
        with pytest.raises(SystemExit) as exit:
            main(argv)
        assert exit.value.code == 2
        assert "usage: lossbook" in capsys.readouterr().err


def test_ctrl_c_during_a_run_tells_what_was_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Loop.step

    def pressed(self: Loop, state: Any, *batch: Any) -> Any:
        if state.step == 5:
            raise KeyboardInterrupt
        return step(self, state, *batch)

    monkeypatch.setattr(Loop, "step", pressed)
    assert main([*SHORT, "--json", str(tmp_path / "run.json")]) == 130
    out, err = capsys.readouterr()
    assert "broken   5 of 20 steps, reference loss 2." in out
    assert err == "lossbook: stopped by Ctrl-C; nothing was written.\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_outside_the_training_is_as_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "symptom_of", pressed)
    assert main(SHORT) == 130
    assert capsys.readouterr().err == "lossbook: stopped by Ctrl-C; nothing was written.\n"


@pytest.mark.parametrize("variant", ["broken", "fixed"])
def test_the_decisive_test_is_run(
    variant: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def test(setup: Setup) -> Finding:
        lr = setup.experiment.optimizer.lr
        return Finding(lr > 0.5, f"the learning rate is {lr}")

    monkeypatch.setitem(PROBES, "lr-too-high", test)
    row = SCENARIOS[KEY]
    monkeypatch.setitem(SCENARIOS, KEY, replace(row, broken=replace(row.broken, steps=8)))
    assert main(["probe", KEY, "--variant", variant, "--device", "cpu"]) == 0
    seen = {"broken": "positive: the learning rate is 1.0.", "fixed": "negative: the learning rate is 0.05."}
    out = capsys.readouterr().out
    assert seen[variant] in out
    assert CAUSES["lr-too-high"].test in words(out)


def test_a_healthy_run_has_nothing_to_test_for(untrained: None, capsys: pytest.CaptureFixture[str]) -> None:
    key = next(row.key for row in SCENARIOS.values() if row.cause is None)
    assert main(["probe", key]) == 2
    assert f"must have a cause to test for, got the healthy '{key}'." in capsys.readouterr().err


def test_help_version_and_causes_come_without_torch() -> None:
    code = """if True:
        import contextlib, sys
        from lossbook.cli import main
        for argv in (["--help"], ["--version"], ["run", "--help"], ["causes"]):
            with contextlib.suppress(SystemExit):
                main(argv)
        heavy = {"torch", "matplotlib", "plotext"} & set(sys.modules)
        sys.exit(f"imported {sorted(heavy)}" if heavy else 0)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"lossbook {PROJECT['version']}" in done.stdout
    assert "usage: lossbook run" in done.stdout
    assert PROJECT["scripts"]["lossbook"] == "lossbook.cli:main"


def test_a_closed_pipe_is_quiet() -> None:
    command = [sys.executable, "-m", "lossbook", "causes"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_no_color_is_honoured_in_a_terminal() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "lossbook", *SHORT]
    env = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "72"}
    done = subprocess.run(command, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, env=env, check=True)
    os.close(theirs)
    out = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.stderr == b""
    assert "x broken, o fixed" in out
    assert "\x1b" not in out
    assert out.isascii()


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("encoding", "variables", "plain"),
    [
        ("utf8", {}, False),
        ("utf8", {"NO_COLOR": ""}, False),
        ("utf8", {"NO_COLOR": "1"}, True),
        ("utf8", {"TERM": "dumb"}, True),
        ("latin-1", {}, True),
    ],
)
def test_who_gets_plain_curves(
    encoding: str, variables: dict[str, str], plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert chart.is_plain(Terminal(io.BytesIO(), encoding=encoding)) is plain
    assert chart.is_plain(io.StringIO())


CURVES: dict[str, tuple[float, ...]] = {
    "falls": tuple(np.linspace(3, 1, 9)),
    "grows": tuple(10.0 ** np.arange(0, 36, 4)),
    "ends": (2.0, 3.0, *(float("nan"),) * 6, float("inf")),
    "none": (float("nan"),) * 9,
    "flat": (2.5,) * 9,
    "zero": (0.0,) * 9,
}


@pytest.mark.parametrize("width", [30, 80])
@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    "names", [("falls", "grows"), ("ends", "falls"), ("none", "falls"), ("flat",), ("zero", "ends")]
)
def test_curves_are_drawn(names: tuple[str, ...], plain: bool, width: int) -> None:
    runs = {name: replace(HISTORY, eval_step=tuple(range(9)), reference_loss=CURVES[name]) for name in names}
    drawn = chart.text_chart(runs, width=width, plain=plain)
    assert ("\x1b[38;5;" in drawn, drawn.isascii()) == (not plain, plain)
    assert all(name in drawn.splitlines()[0] for name in names)
    assert len(drawn.splitlines()) == 18
    if plain:
        assert max(map(len, drawn.splitlines()[1:])) <= width
        body = "".join(re.split("[|+]", line, maxsplit=1)[-1] for line in drawn.splitlines()[2:-2])
        for name, letter in zip(names, "xo", strict=False):
            assert (letter in body) == (name != "none")
    assert chart.spans_decades(runs) == ("grows" in names)
    assert chart.picture(runs, "title", "svg").startswith(b"<?xml")


def test_where_no_number_is_finite_there_is_nothing_to_draw() -> None:
    run = replace(HISTORY, eval_step=tuple(range(9)), reference_loss=CURVES["none"])
    assert chart.text_chart({"broken": run}) == "No reference loss is finite: there is nothing to draw.\n"


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_whole(path, b"whole").read_bytes() == b"whole"
    with pytest.raises(TypeError):
        write_whole(path, "text")  # type: ignore[arg-type]
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]
