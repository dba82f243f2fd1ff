"""The command line: what it lists, trains and refuses, and how it ends."""

from __future__ import annotations

import contextlib
import errno
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
import torch
from conftest import PROJECT, ROOT
from histories import HISTORY

from lossbook import curves, plotting
from lossbook.causes import CAUSES, COSTS, SOURCES, WRITTEN
from lossbook.cli import chart, main, training
from lossbook.cli.arguments import INSTINCT
from lossbook.cli.listing import Listed, listed
from lossbook.evidence import Case
from lossbook.experiment import Experiment, History
from lossbook.files import write_whole
from lossbook.loop import Loop
from lossbook.paths import diff
from lossbook.probes import PROBES, Probe, Reading
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.symptoms import LEAST_LOOKS, SYMPTOMS

KEY = "lr-too-high-oscillates"
SHORT = ["run", KEY, "--steps", "40", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(experiment: Experiment, **options: Any) -> History:
        raise AssertionError("this must be refused before anything is trained")

    monkeypatch.setattr(training, "run", run)
    monkeypatch.setattr(training, "case_of", run)
    monkeypatch.setitem(PROBES, "lr-too-high", Probe(lambda case: Reading("found", "")))


def test_the_list_says_what_the_scenarios_say() -> None:
    """The list reads the source files without running them: key, title, cause and symptom must be literals there."""
    told = {key: Listed(row.key, row.title, row.cause, row.symptom) for key, row in SCENARIOS.items()}
    assert listed() == told


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
    told = json.loads(capsys.readouterr().out)
    assert {item["key"] for item in told} == {row.key for row in SCENARIOS.values() if getattr(row, name) == value}
    assert all(item["change"] == [str(change) for change in _change(SCENARIOS[item["key"]])] for item in told)


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
        sources = [", ".join(SOURCES[name]) for name in row.sources]
        for part in (row.title, row.group, row.test, row.fix, *sources, row.chapter):
            assert part in words(told)
        assert ("(not written yet)" in told) == (row.chapter not in WRITTEN)
        assert all(f"{code}: {SYMPTOMS[code]}" in words(told) for code in row.symptoms)
        assert all(item.key in told for item in SCENARIOS.values() if item.cause == key)
    assert all(len(line) <= 80 or "://" in line for line in out.splitlines())


@pytest.mark.parametrize("symptom", [code for code in SYMPTOMS if code != "healthy"])
def test_a_symptom_leads_to_its_suspects_the_cheapest_test_first(
    symptom: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["causes", "--symptom", symptom]) == 0
    out = words(capsys.readouterr().out)
    rows = [row for row in CAUSES.values() if symptom in row.symptoms]
    places = {row.key: out.index(f"{row.key}: {row.title} test: {row.test} fix: {row.fix}") for row in rows}
    costs = [CAUSES[key].cost for key in sorted(places, key=lambda key: places[key])]
    assert costs == sorted(costs, key=list(COSTS).index)
    assert f"{len(rows)} cause" in out
    assert main(["causes", "--symptom", symptom.replace("-", "_").upper(), "--json"]) == 0
    assert {row["key"] for row in json.loads(capsys.readouterr().out)} == set(places)
    if symptom not in CAUSES:
        assert main(["causes", *symptom.split("-")]) == 0
        assert words(capsys.readouterr().out) == out


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("nan", "non-finite: The loss became"),
        ("2.30", "high-flat: The loss starts high"),
        ("loss stuck", "plateau: The loss falls at first"),
        ("lr", "lr-too-low"),
        ("accuracy", "wrong-metric"),
        ("LR too high", "The learning rate is too high (lr-too-high)"),
        ("momentum", "The momentum is too high (momentum-too-high)"),
        ("fp16", "low-precision"),
    ],
)
def test_words_lead_to_causes(typed: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["causes", *typed.split()]) == 0
    assert shown in words(capsys.readouterr().out)


def test_a_symptom_may_be_named_as_people_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "--symptom", "NaN"]) == 0
    out = capsys.readouterr().out
    assert main(["scenarios", "--symptom", "non-finite"]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize("columns", [20, 40, 63, 100, 300])
@pytest.mark.parametrize(
    "argv", [["scenarios"], ["causes"], ["causes", "nan"], ["causes", "adam-eps"], ["causes", "lr"]]
)
def test_prose_is_as_wide_as_the_terminal(
    columns: int, argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= min(columns, 100) or len(line.split()) == 1 for line in lines)
    assert max(map(len, lines)) > min(columns, 100) - 12 or "lr" in argv  # each of those is short


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
        assert len(History.load(tmp_path / "history.json").loss) == 40
    assert list(written["runs"]) == ["broken", "fixed"]
    assert "optimizer.lr: 1.0 -> 0.05" in out
    assert "cpu (" in out
    assert "x broken, o fixed" in out
    assert plot.read_bytes().startswith(start)
    assert chart.picture({name: HISTORY for name in ("broken", "fixed")}, "title", "svg").count(b"#d55e00") > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([plot.name, "run.json", "history.json"])


def test_where_the_symptom_is_seen_is_what_is_drawn() -> None:
    for row in SCENARIOS.values():
        if row.symptom == "overfitting":
            assert row.shown == "val_loss"
        elif row.cause is not None and row.symptom == "healthy":
            assert row.shown == row.seen_in
        else:
            assert row.shown == ("loss" if row.symptom == "spiking" else "reference_loss")


@pytest.mark.parametrize(
    ("key", "heading", "ends_higher"),
    [("overfitting-few-digits", "Held-out loss", "broken"), ("wrong-metric", "Held-out ", "fixed")],
)
def test_both_runs_are_drawn_on_the_yardstick_that_shows_the_symptom(
    key: str, heading: str, ends_higher: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn: dict[str, Any] = {}
    text_chart = chart.text_chart

    def seen(histories: dict[str, History], quantity: str, **options: Any) -> str:
        drawn.update({name: getattr(history, quantity)[-1] for name, history in histories.items()})
        return text_chart(histories, quantity, **options)

    monkeypatch.setattr(training, "text_chart", seen)
    assert main(["run", key, "--device", "cpu"]) == 0
    assert heading in capsys.readouterr().out
    assert max(drawn, key=lambda name: drawn[name]) == ends_higher


def test_a_run_that_is_not_finite_says_so_and_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nonfinite-inputs", "--steps", "30", "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    assert "x broken: not finite from step 0 (X), o fixed" in out
    assert "X" in out.splitlines()[out.splitlines().index(next(line for line in out.splitlines() if "+--" in line)) + 1]


def test_too_few_steps_get_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", KEY, "--steps", "7", "--device", "cpu", "--json", str(tmp_path / "run.json")]) == 0
    out = words(capsys.readouterr().out)
    assert (
        "broken too short to judge: 8 looks at the loss, and a verdict on this scenario takes 41; take --steps 40"
        in out
    )
    assert [run["symptom"] for run in json.loads((tmp_path / "run.json").read_text())["runs"].values()] == [None, None]
    assert main(["run", KEY, "--steps", "40", "--device", "cpu"]) == 0
    assert "too short" not in capsys.readouterr().out


@pytest.mark.parametrize("row", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_scenario_at_its_own_length_is_long_enough(row: Scenario) -> None:
    steps = range(0, row.broken.steps)
    assert training.looks(row.broken) == len([step for step in steps if step % row.broken.eval_every == 0]) + 1


@pytest.mark.parametrize("typed", [KEY.upper(), "lr_too_high_oscillates", "lr-too-high-o", "LR too high osc"])
def test_a_key_is_known_by_its_beginning_and_in_capitals(
    typed: str, untrained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError, match="before anything is trained"):
        training.run(SCENARIOS[KEY].broken)
    assert main(["run", typed, "--seed", "-1"]) == 2
    assert "seed must be at least 0" in capsys.readouterr().err


def test_a_beginning_of_many_keys_lists_them(untrained: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "lr-too-high"]) == 2
    err = capsys.readouterr().err
    assert "'lr-too-high' is the beginning of 4 scenarios" in err
    assert all(row.key in err for row in SCENARIOS.values() if row.cause == "lr-too-high")


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
        (["scenarios", "--symptom", "flat"], "symptom must be one of .*, got 'flat'. Did you mean 'high-flat' or"),
        (["scenarios", "--symptom", "overfiting"], "got 'overfiting'. Did you mean 'overfitting'"),
        (["causes", "nan", "--symptom", "slow"], "give words or --symptom, not both"),
        (
            ["run", "train-eval-mode"],
            "no scenario 'train-eval-mode', but a cause; `lossbook scenarios --cause train-eval",
        ),
        (["probe", "high-flat"], "but a symptom; `lossbook scenarios --symptom high-flat`"),
        (["xyz"], "there is no command 'xyz'; there are scenarios, "),
        (["scenrios"], "there is no command 'scenrios'; did you mean scenarios?"),
        (["nan"], "there is no command 'nan'; lossbook causes nan tells"),
        (["help", "rnu"], "there is no command 'rnu'; did you mean run?"),
        (["run", KEY, "--device", "cuda:77"], "device must be one that this machine has, got 'cuda:77'"),
        (["probe", KEY, "--device", "gpu"], "device must be one that this machine has, got 'gpu'"),
        (["run", KEY, "--device", "meta"], "device must .* got 'meta'"),
        (["run", KEY, "--device", "mps:7"], "device must .* got 'mps:7'"),
        (["probe", KEY, "--device", "hpu"], "device must .* got 'hpu'"),
        (["run", KEY, "--device", ""], "device must .* got ''"),
        (["run", KEY, "--seed", "-1"], "seed must be at least 0, got -1"),
        (["run", KEY, "--seed", str(2**64)], f"seed must be below 2.64, got {2**64}"),
        (["probe", KEY, "--seed", str(10**30)], "seed must be below 2.64"),
        (["run", KEY, "--steps", "3"], "--steps must be at least 7, got 3"),
        (["run", KEY, "--plot", "a.gif"], "suffix of --plot must be one of '.png', '.svg', got '.gif'"),
        (["run", KEY, "--plot", "none/a.png"], "--plot must be a file that can be written, got 'none/a.png': No such"),
        (["run", KEY, "--json", "."], "--json must be a file that can be written, got '.': it is a folder"),
        (
            ["scenarios", "--json", "none/a.json"],
            "--json must be a file that can be written, got 'none/a.json': No such",
        ),
        (
            ["run", KEY, "--plot", "a.svg", "--json", "./a.svg"],
            "--plot and --json must be two files, got 'a.svg' for both",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    argv: list[str], message: str, untrained: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert len(err) < 700
    assert re.search(f"^lossbook: .*{message}", err), err


@pytest.mark.skipif(os.name == "nt", reason="permissions of this kind are POSIX's")
def test_a_folder_without_permission_is_refused(
    untrained: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o500)
    if os.geteuid() == 0:  # for whom every folder can be written: the system refuses in its place

        def refuse(path: Any, *_: Any, **__: Any) -> int:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

        monkeypatch.setattr(os, "open", refuse)
    assert main(["run", KEY, "--json", str(tmp_path / "run.json")]) == 2
    monkeypatch.undo()
    assert "run.json': Permission denied." in capsys.readouterr().err


def test_words_that_argparse_does_not_know_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["run"], ["run", KEY, "--seed", "one"], ["causes", "--json=~nobody-of-that-name/x"]):
        with pytest.raises(SystemExit) as exit:
            main(argv)
        assert exit.value.code == 2
        assert "usage: lossbook" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [[], ["help"], ["--help"], ["-h"]])
def test_help_lists_the_commands_and_exit_codes(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(SystemExit):
        assert main(argv) == 0
    out = words(capsys.readouterr().out)
    assert all(name in out for name in ("scenarios", "causes", "diagnose", "run", "probe"))
    assert "exit code: 0 if it was done, 1 if" in out


@pytest.mark.parametrize("command", ["scenarios", "causes", "run", "probe"])
def test_the_help_of_a_command_says_what_it_does_and_gives_an_example_that_works(
    command: str, untrained: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", command]) == 0
    out = words(capsys.readouterr().out)
    assert re.search(r"\[-h\].*\. .*(positional|options)", out)
    monkeypatch.chdir(tmp_path)
    for example in out.split("example: ")[1].split("; "):
        argv = example.split()
        assert argv[:2] == ["lossbook", command]
        assert main([*argv[1:], *(["--seed", "-1"] if command in ("run", "probe") else [])]) in (0, 2)
        err = capsys.readouterr().err
        assert err in ("", "lossbook: seed must be at least 0, got -1.\n")


@pytest.mark.parametrize("typed", INSTINCT)
def test_a_command_typed_by_instinct_is_answered_with_one_that_there_is(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([typed, "losses.csv"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    for command in re.findall(r"lossbook (\w+)", err):
        assert main(["help", command]) == 0


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
    assert re.search(r"broken   5 of 40 steps, reference loss \d\.\d+ -> \d+\.?\d*\n", out)
    assert err == "lossbook: stopped by Ctrl-C; nothing was written.\n"
    assert list(tmp_path.iterdir()) == []


def test_one_look_is_told_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def pressed(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Loop, "step", pressed)
    assert main(SHORT) == 130
    assert re.search(r"broken   0 of 40 steps, reference loss \d\.\d+\n$", capsys.readouterr().out)


def test_what_was_written_before_ctrl_c_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "text_chart", pressed)
    told = tmp_path / "run.json"
    assert main([*SHORT, "--json", str(told)]) == 130
    assert capsys.readouterr().err == f"lossbook: stopped by Ctrl-C; {told} was written.\n"
    assert json.loads(told.read_text())["key"] == KEY


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            RuntimeError("CUDA error: device-side assert triggered\nCompile with x to see more."),
            "RuntimeError: CUDA error",
        ),
        (NotImplementedError("Could not run 'aten::x'" + ", or this" * 400), "NotImplementedError: Could not run"),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB."),
            "the device ran out of memory: close",
        ),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 bytes"), "the device ran out of memory: close"),
        (MemoryError(), "the device ran out of memory: close"),
        (ValueError("cannot be"), "cannot be."),
        (KeyError("x"), "KeyError: 'x'."),
        (RuntimeError(), "RuntimeError: ."),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_a_run_that_fails_ends_in_one_sentence_and_with_code_1(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(training, "run", failing)
    assert main([*SHORT, "--json", str(tmp_path / "run.json")]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"lossbook: {said}")
    assert err.endswith("Nothing was written.\n")
    assert err.count("\n") == 1
    assert len(err) < 500
    monkeypatch.setenv("LOSSBOOK_DEBUG", "1")
    with pytest.raises(type(error)):
        main(SHORT)


def test_json_goes_to_stdout_and_nothing_else_does(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (
        [*SHORT, "--json"],
        [*SHORT, "--json", "-"],
        ["causes", "--json"],
        ["scenarios", "--cause", KEY[:11], "--json", "-"],
    ):
        assert main(argv) == 0
        out, err = capsys.readouterr()
        assert json.loads(out)
        assert out.isascii()
        assert err == ""


def test_a_finding_is_written_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(PROBES, "lr-too-high", Probe(lambda case: Reading("found", "seen")))
    row = SCENARIOS[KEY]
    monkeypatch.setitem(SCENARIOS, KEY, replace(row, broken=replace(row.broken, steps=8)))
    assert main(["probe", KEY, "--device", "cpu", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["key"], told["cause"], told["variant"], told["outcome"]) == (KEY, "lr-too-high", "broken", "found")


def test_home_is_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert main(["causes", "--json=~/causes.json"]) == 0
    assert len(json.loads((tmp_path / "causes.json").read_text())) == len(CAUSES)


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
    def test(case: Case) -> Reading:
        lr = case.log.lr.values[0]
        return Reading("found" if lr > 0.5 else "not found", f"the learning rate is {lr}")

    monkeypatch.setitem(PROBES, "lr-too-high", Probe(test))
    row = SCENARIOS[KEY]
    monkeypatch.setitem(SCENARIOS, KEY, replace(row, broken=replace(row.broken, steps=8)))
    assert main(["probe", KEY, "--variant", variant, "--device", "cpu"]) == 0
    seen = {"broken": "found: the learning rate is 1.0.", "fixed": "not found: the learning rate is 0.05."}
    out = capsys.readouterr().out
    assert seen[variant] in out
    assert CAUSES["lr-too-high"].test in words(out)


def test_a_healthy_run_has_nothing_to_test_for(untrained: None, capsys: pytest.CaptureFixture[str]) -> None:
    key = next(row.key for row in SCENARIOS.values() if row.cause is None)
    assert main(["probe", key]) == 2
    assert f"must have a cause to test for, got the healthy '{key}'." in capsys.readouterr().err


def test_help_and_lists_come_without_torch() -> None:
    code = """if True:
        import contextlib, sys
        from lossbook.cli import main
        for line in (
            "", "help", "--help", "--version", "run --help", "help run", "diagnose", "xyz",
            "causes", "causes lr-too-high", "causes lr", "causes nan", "causes lr-to-high", "causes --json",
            "causes --symptom high-flat", "scenarios", "scenarios --symptom slow", "scenarios --cause lr-too-high",
            "scenarios --symptom nan", "scenarios --cause x", "scenarios --symptom flat",
        ):
            with contextlib.suppress(SystemExit):
                main(line.split())
            heavy = {"torch", "matplotlib", "plotext", "lossbook.scenarios"} & set(sys.modules)
            if heavy:
                sys.exit(f"{line!r} imported {sorted(heavy)}")
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


LISTING, RUNNING = "causes", f"run {KEY} --steps 40 --device cpu"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a shell and a device that is full")
@pytest.mark.parametrize(
    ("command", "streams", "code", "said"),
    [
        (LISTING, ">&-", 2, "stdout is closed"),
        (RUNNING, ">&-", 2, "stdout is closed"),
        ("--help", ">&-", 2, "stdout is closed"),
        (LISTING, "2>&-", 0, ""),
        (RUNNING, "2>&-", 0, ""),
        ("causes zzz", "2>&-", 2, ""),
        (RUNNING, ">&- 2>&-", 2, ""),
        (LISTING, "> /dev/full", 1, "the output cannot be written: No space left"),
        (RUNNING, "> /dev/full", 1, "the output cannot be written: No space left"),
        ("--help", "> /dev/full", 1, "the output cannot be written: No space left"),
        ("--version", "> /dev/full", 1, "the output cannot be written: No space left"),
        (f"{LISTING} --json", "> /dev/full", 1, "the output cannot be written: No space left"),
        (f"{LISTING} --json /dev/full", "", 1, "No space left"),
        ("causes zzz", "2> /dev/full", 2, ""),
        ("causes zzz", "> /dev/full 2> /dev/full", 2, ""),
        (f"{RUNNING} --json /dev/null", "> /dev/null", 0, ""),
        (f"{LISTING} --json /dev/stdout", "> /dev/null", 0, ""),
    ],
)
@pytest.mark.parametrize("buffered", ["", "1"])
def test_streams_that_are_closed_or_full_end_in_words_and_a_code(
    command: str, streams: str, code: int, said: str, buffered: str
) -> None:
    line = f"{sys.executable} -m lossbook {command} {streams}"
    env = {**os.environ, "PYTHONUNBUFFERED": buffered}
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == bool(said)
    assert said in done.stderr


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="a system with /dev/stdout")
@pytest.mark.parametrize("target", ["-", "/dev/stdout"])
def test_json_can_be_piped_on(target: str) -> None:
    command = [sys.executable, "-m", "lossbook", *SHORT, "--json", target]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["key"] == KEY


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
    "sinks": tuple(-(10.0 ** np.arange(0, 36, 4))),
}


@pytest.mark.parametrize("width", [30, 80])
@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    "names",
    [
        ("falls", "grows"),
        ("ends", "falls"),
        ("none", "falls"),
        ("flat",),
        ("zero", "ends"),
        ("none",),
        ("falls", "sinks"),
    ],
)
def test_curves_are_drawn(names: tuple[str, ...], plain: bool, width: int) -> None:
    runs = {name: replace(HISTORY, eval_step=tuple(range(9)), reference_loss=CURVES[name]) for name in names}
    drawn = chart.text_chart(runs, width=width, plain=plain)
    assert ("\x1b[38;5;" in drawn, drawn.isascii()) == (not plain, plain)
    lines = drawn.splitlines()
    heading, body = lines[:-17], "".join(re.split("[|+│┤]", line, maxsplit=1)[-1] for line in lines[-16:-2])
    lost = [name for name in names if not np.isfinite(CURVES[name]).all()]
    assert all(name in " ".join(heading) for name in names)
    assert " ".join(heading).count("not finite from") == len(lost) or width == 30
    assert ("X" in body) == bool(lost)
    if plain:
        assert max(map(len, lines)) <= width
        for name, letter in zip(names, "xo", strict=False):
            assert (letter in body) == (name != "none")
    scale = "log" if "grows" in names else "symlog" if "sinks" in names else "linear"
    assert curves.axis_of(runs.values(), "reference_loss")[0] == scale
    assert chart.picture(runs, "title", "svg").startswith(b"<?xml")


@pytest.mark.parametrize("last", [1, 2, 7, 8, 19, 20, 200, 340, 99_999, 10**9])
def test_ticks_are_whole_and_evenly_spaced(last: int) -> None:
    for count in (2, 4, 6):
        ticks = chart.whole_ticks(last, count)
        assert ticks[0] == 0
        assert ticks[-1] <= last
        assert len(set(np.diff(ticks))) == 1
        assert len(ticks) <= count + 1


def test_the_broken_run_is_orange_everywhere() -> None:
    blue, orange = plotting.PALETTE[:2]
    assert plotting.ROLES["broken"] == orange
    assert plotting.ROLES["fixed"] == plotting.ROLES["healthy"] == blue
    drawn = chart.text_chart({"broken": HISTORY, "fixed": HISTORY}).splitlines()[0]
    assert "\x1b[38;5;208m⣿ broken" in drawn
    assert "\x1b[38;5;33m⣿ fixed" in drawn
    assert "\x1b[38;5;33m⣿ healthy" in chart.text_chart({"healthy": HISTORY}).splitlines()[0]


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_whole(path, b"whole").read_bytes() == b"whole"
    with pytest.raises(TypeError):
        write_whole(path, "text")  # type: ignore[arg-type]
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]
