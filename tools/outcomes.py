"""What the diagnosis said of trainings of ``tests/programs/``, as it stands in ``measured.txt``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "programs" / "measured.txt"
Z = 1.96  # two-sided 95 %
LISTS = ("accepted", "symptoms", "first", "follow", "grades", "found")


@dataclass(frozen=True)
class Outcome:
    """What the diagnosis says of one training."""

    program: str
    half: str  #: "tuning" or "reporting"
    variant: str  #: "broken", "mended" or "healthy"
    seed: int
    accepted: tuple[str, ...]  #: causes of which one is right; none where nothing is wrong
    symptoms: tuple[str, ...]  #: codes of which one is right
    symptom: str
    first: tuple[str, ...]  #: causes that the report names, in its order, without those that follow from another
    follow: tuple[str, ...]  #: causes that follow from one of these
    grades: tuple[str, ...]  #: of the evidence for ``first`` and ``follow``
    found: tuple[str, ...]  #: all tests that are positive, whatever the report makes of them
    healthy: bool
    steps: int  #: that the report's experiments took

    @property
    def broken(self) -> bool:
        """Whether something is wrong with the training."""
        return self.variant == "broken"

    @property
    def name(self) -> str:
        """The program's; a mended twin is a program of its own."""
        return self.program if self.variant != "mended" else f"{self.program} (mended)"

    def right(self, most: int = 1) -> bool:
        """Whether one of the first causes that are named is right.

        >>> line = "a | tuning | broken | 0 | lr-too-high | slow | slow | no-warmup | lr-too-high | - | - | False | 9"
        >>> Outcome.read(line).right(), Outcome.read(line).right(3)
        (False, True)
        """
        return any(cause in self.accepted for cause in (*self.first, *self.follow)[:most])

    def line(self) -> str:
        """One line of the file."""
        words = [" ".join(each) or "-" if isinstance(each, tuple) else str(each) for each in astuple(self)]
        return " | ".join(words)

    @classmethod
    def read(cls, line: str) -> Outcome:
        """From its line."""
        words = dict(zip((field.name for field in fields(cls)), line.rstrip("\n").split(" | "), strict=True))
        lists = {name: () if words[name] == "-" else tuple(words[name].split()) for name in LISTS}
        numbers = {name: int(words[name]) for name in ("seed", "steps")}
        return cls(**{**words, **lists, **numbers, "healthy": words["healthy"] == "True"})  # type: ignore[arg-type]


#: of which trainings; words; of which it is so
RATES: tuple[tuple[bool, str, Callable[[Outcome], bool]], ...] = (
    (True, "broken: something is wrong, it says", lambda one: not one.healthy),
    (True, "broken: the first cause is right", lambda one: one.right(1)),
    (True, "broken: one of three causes is right", lambda one: one.right(3)),
    (True, "broken: the symptom is right", lambda one: one.symptom in one.symptoms),
    (False, "sound: something is wrong, it says", lambda one: not one.healthy),
    (False, "sound: a cause is named", lambda one: bool(one.first)),
)


def read(file: Path = FILE) -> tuple[dict[str, str], list[Outcome]]:
    """The head of the file, name -> value, and its outcomes."""
    head, outcomes = {}, []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# ") and ": " in line:
            key, _, value = line[2:].partition(": ")
            head[key] = value
        elif line and not line.startswith("#"):
            outcomes.append(Outcome.read(line))
    return head, outcomes


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of ``n``: E. B. Wilson, JASA 22 (1927).

    >>> [round(end, 3) for end in wilson(0.5, 10)]
    [0.237, 0.763]
    """
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    width = Z * (share * (1 - share) / n + Z**2 / (4 * n**2)) ** 0.5 / (1 + Z**2 / n)
    return max(middle - width, 0.0), min(middle + width, 1.0)


def by_program(outcomes: Iterable[Outcome], is_so: Callable[[Outcome], bool]) -> dict[str, float]:
    """Program -> the share of its runs of which it is so."""
    runs = defaultdict(list)
    for one in outcomes:
        runs[one.name].append(is_so(one))
    return {name: sum(each) / len(each) for name, each in runs.items()}


def mean_share(outcomes: Iterable[Outcome], is_so: Callable[[Outcome], bool]) -> tuple[float, float, float]:
    """The mean of :func:`by_program`, and its 95 % interval."""
    shares = by_program(outcomes, is_so)
    mean = sum(shares.values()) / len(shares)
    return mean, *wilson(mean, len(shares))


def graded(outcomes: Iterable[Outcome]) -> dict[str, list[bool]]:
    """Grade of a finding -> of each finding that has it, whether its cause is one of those that the program accepts."""
    right = defaultdict(list)
    for one in outcomes:
        for cause, grade in zip((*one.first, *one.follow), one.grades, strict=True):
            right[grade].append(cause in one.accepted)
    return dict(right)
