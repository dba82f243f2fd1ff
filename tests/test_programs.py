"""The programs in ``programs/`` are what they say, and the diagnosis says of them what ``measured.txt`` holds."""

from __future__ import annotations

import importlib
import sys
from collections import Counter

import pytest
from conftest import ROOT

from lossbook.causes import CAUSES
from lossbook.symptoms import SYMPTOMS

sys.path.insert(0, str(ROOT / "tools"))
measure_programs, outcomes = (importlib.import_module(name) for name in ("measure_programs", "outcomes"))
summaries = importlib.import_module("programs_summary")

NAMES = measure_programs.names()
HEAD, MEASURED = outcomes.read() if outcomes.FILE.exists() else ({}, [])
needs_the_file = pytest.mark.skipif(not MEASURED, reason="make programs has not written measured.txt yet")
#: of programs, whose outcomes are measured again
AGAIN = 8
#: programs whose outcomes hang on how a processor rounds
ROUNDED = set(measure_programs.ROUNDED)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_says_what_it_is(name: str) -> None:
    module = measure_programs.program(name)
    assert module.FAMILY
    assert set(module.ACCEPT) <= set(CAUSES)
    assert module.SYMPTOMS
    assert set(module.SYMPTOMS) <= set(SYMPTOMS)
    said = module.__doc__ or ""
    assert said.startswith("Bug: " if module.ACCEPT else "Healthy: ")
    assert "\nSource: " in said


def test_there_are_enough_of_both_kinds_and_in_both_halves() -> None:
    modules = [measure_programs.program(name) for name in NAMES]
    halves = Counter((measure_programs.half(one.FAMILY), bool(one.ACCEPT)) for one in modules)
    assert halves["tuning", True] + halves["reporting", True] >= 60
    assert halves["tuning", False] + halves["reporting", False] >= 40
    assert min(halves.values()) >= 15
    causes = Counter(one.ACCEPT[0] for one in modules if one.ACCEPT)
    assert len(causes) >= 40


@needs_the_file
def test_the_file_is_of_these_programs_and_of_this_diagnosis() -> None:
    assert HEAD["fingerprint"] == measure_programs.fingerprint(), "run make programs"
    assert {one.program for one in MEASURED} == set(NAMES)


CHOSEN = [name for name in sorted(NAMES, key=lambda name: name[::-1]) if name not in ROUNDED]
STEP = max(len(CHOSEN) // AGAIN, 1)


@needs_the_file
@pytest.mark.parametrize("name", CHOSEN[::STEP][:AGAIN])
def test_measured_again_comes_out_as_the_file_says(name: str) -> None:
    written = {(one.variant, one.seed): one for one in MEASURED if one.program == name and one.seed == 0}
    for (variant, seed), one in written.items():
        again = measure_programs.outcome(name, seed, variant)
        assert (again.symptom, again.first, again.healthy) == (one.symptom, one.first, one.healthy), (again, one)


@needs_the_file
def test_confidences_are_those_that_the_file_gives() -> None:
    assert measure_programs.TABLE.read_text(encoding="utf-8") == summaries.confidence(MEASURED)


@needs_the_file
def test_the_file_repeats_what_the_programs_say_of_themselves() -> None:
    for one in MEASURED:
        module = measure_programs.program(one.program)
        assert one.half == measure_programs.half(module.FAMILY)
        assert one.accepted == (module.ACCEPT if one.broken else ())
        assert one.symptoms == module.SYMPTOMS
