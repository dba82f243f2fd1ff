"""A sample of the mutants (``tests/mutants.py``): plain bugs in sound programs are named, each first."""

from __future__ import annotations

import pytest
from mutant_bugs import BUGS
from mutants import mutant, sound_programs

from lossbook.causes import CAUSES

#: program and bug, of which no rounding changes what is said
SAMPLE = (
    ("five_steps_out_and_half_back", "all pairs"),
    ("tomorrow_minus_a_column", "weights times 10"),
    ("comets_by_their_orbits", "no step"),
)


@pytest.mark.parametrize(("name", "bug"), SAMPLE)
def test_the_bug_is_named_first(name: str, bug: str) -> None:
    made = mutant(name, bug)
    assert made is not None
    assert made.outcome == "right", made


def test_every_bug_has_causes_that_there_are_and_one_place_to_be_put() -> None:
    assert not {each for bug in BUGS.values() for each in bug.causes} - set(CAUSES)
    assert all((bug.spoil is None) != (bug.rewrite is None) for bug in BUGS.values())


def test_what_has_no_place_is_left_out() -> None:
    assert mutant("first_sign_of_nine", "dropout 0.95") is None


def test_only_programs_that_may_be_looked_at_take_part() -> None:
    assert "first_sign_of_nine" in sound_programs()
