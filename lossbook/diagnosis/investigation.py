"""The order of the experiments: the cheap ones first, until it is sure what is wrong, or the budget is spent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from lossbook.causes import CAUSES
from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.plain_lines import in_the_loop, steps_of
from lossbook.diagnosis.ranking import EXPLAINS, Ranked, ranked
from lossbook.diagnosis.suspicion import Suspicion, kind_of
from lossbook.evidence import Case
from lossbook.probes import NEEDS, PROBES, Mend, Probe, Reading, Trial, helps, trial_of
from lossbook.probes.at_length import as_long
from lossbook.probes.no_floor import SAYS_NOTHING, falls_without_end
from lossbook.probes.trials import end

LEADING = 3  # causes whose mend is tried
SURE = 0.5  # of what is to be won back, from which on a mend leaves no question open
LONGER = 4  # times the steps of a trial, where these leave open whether the mend helps
WITHOUT_THE_LOSS = {"loss-sign-flipped"}  # causes whose test asks where the outputs go, not how low the loss is
LOOKS = {"look": 0, "pass": 1, "training": 2}  # how dear a test is that trains nothing
_OPEN = Reading("cannot tell", SAYS_NOTHING)


@dataclass
class Investigation:
    """What is tried on one training, and what came of it.

    Args:
        case: the training; it stays as it is.
        symptom: the code of what its loss shows.
        budget: of all experiments.
        seed: of the random numbers that trials draw.
        probes: cause -> its test.
        tick: called before each experiment, with what it is about.
    """

    case: Case
    symptom: str
    budget: Budget
    seed: int = 0
    probes: Mapping[str, Probe] = field(default_factory=lambda: PROBES)
    tick: Callable[[str], object] = lambda what: None
    readings: dict[str, Reading] = field(default_factory=dict)  #: cause -> what its test says
    left_out: dict[str, str] = field(default_factory=dict)  #: what was not tried -> why
    loop: Reading | None = None  #: what the plain lines say
    suspicions: dict[str, Suspicion] = field(default_factory=dict)
    timeline: list[tuple[float, str]] = field(default_factory=list)  #: seconds -> what was begun then
    _tried: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Make the experiments. Ctrl-C ends them; what was seen until then stays."""
        looks, trainings = in_order(self.probes, self.symptom)
        todo = [*looks, "the plain lines", *trainings]
        try:
            self._read_all(looks)
            self._try_the_plain_lines()
            self._try_mends()
            self._read_all(trainings)
        except KeyboardInterrupt:
            self._leave([each for each in todo if each not in self.readings], "stopped by Ctrl-C")

    def ranked(self) -> list[Ranked]:
        """All suspicions, what is to be mended first in front; what was mended in vain explains nothing."""
        tried = self._tried | {cause for cause, one in self.suspicions.items() if one.trial is not None}
        idle = {cause for cause in tried if not self.suspicions[cause].accuses}
        also = {(cause, other) for cause, other in EXPLAINS if cause not in idle}
        return ranked(self.suspicions.values(), also, loop_first=self.loop is not None and self.loop.found)

    @property
    def is_sure(self) -> bool:
        """What leads is wrong beyond doubt, its mend wins back what is lost, and nothing untested could lie behind."""
        first = next(iter(self.ranked()), None)
        if first is None or first.suspicion.kind == "statistic" or not first.suspicion.accuses:
            return False
        one = first.suspicion
        behind = {cause for cause, other in EXPLAINS if other == one.cause and cause in self.probes}
        return bool(one.helped) and one.gain >= SURE and behind <= set(self.readings)

    def _read_all(self, causes: Iterable[str]) -> None:
        todo = list(causes)
        while todo:
            if any(self.probes[cause].steps for cause in todo) and self.is_sure:
                self._leave(todo, f"not needed: {self.ranked()[0].suspicion.cause} explains it")
                return
            cause = self._next(todo)
            todo.remove(cause)
            probe = self.probes[cause]
            if _applies(probe, self.case) and not self.budget.allows(probe.steps):
                self._leave([cause], f"the budget of {self.budget} was spent")
                continue
            self._begin(cause)
            with self.budget.charged():
                reading = self.readings[cause] = self._checked(cause, probe(self.case))
            if reading.outcome == "cannot tell":
                self.left_out[cause] = reading.sentence
            if reading.found:
                in_loop = CAUSES[cause].group == "loop"
                kind = "fact" if reading.certain else kind_of(cause)
                trial = reading.trial
                if trial is not None and _is_open(trial):
                    trial = self._trial(cause) or trial
                self.suspicions[cause] = Suspicion(cause, kind, reading, trial, in_loop=in_loop)
                if probe.steps:
                    self._try_mends()

    def _checked(self, cause: str, reading: Reading) -> Reading:
        """The reading; where a low loss is no good one, a trial that compares losses cannot tell."""
        by_losses = kind_of(cause) != "fact" and not reading.certain and cause not in WITHOUT_THE_LOSS
        return _OPEN if reading.found and by_losses and self._falls_without_end else reading

    @cached_property
    def _falls_without_end(self) -> bool:
        return falls_without_end(self.case)

    def _begin(self, what: str) -> None:
        self.timeline.append((self.budget.spent, what))
        self.tick(what)

    def _next(self, todo: list[str]) -> str:
        """The first one; but what could lie behind what leads goes before the others."""
        lead = next((place.suspicion.cause for place in self.ranked()), None)
        return next((cause for cause in todo if (cause, lead) in EXPLAINS), todo[0])

    def _try_the_plain_lines(self) -> None:
        steps = steps_of(self.case)
        if not self.case.log.loss.values and not self.case.seen.ran_on.values:
            return  # it has not begun
        if not self.budget.allows(steps):
            self.left_out["the plain lines"] = f"the budget of {self.budget} was spent"
            return
        self._begin("the plain lines")
        with self.budget.charged():
            loop = Probe(lambda case: in_the_loop(case, seed=self.seed))(self.case)
            self.loop = _OPEN if loop.found and self._falls_without_end else loop
        if self.loop.outcome == "cannot tell":
            self.left_out["the plain lines"] = self.loop.sentence

    def _try_mends(self) -> None:
        """Mend what leads, until the leading causes are those that stand after it."""
        while True:
            roots = [place.suspicion for place in self.ranked() if place.follows is None]
            leading = [one for one in roots if one.accuses or one.cause not in self._tried][:LEADING]
            todo = [one for one in leading if one.trial is None and one.cause not in self._tried]
            if not todo:
                return
            one = todo[0]
            self._tried.add(one.cause)
            self._begin(f"mending {one.cause}")
            trial = self._trial(one.cause)
            if trial is not None:
                self.suspicions[one.cause] = replace(one, trial=trial)

    def _trial(self, cause: str) -> Trial | None:
        """The training beside the mended one; None where no mend is there, or where it changes nothing."""
        make, what = self.probes[cause].mend, f"the mend of {cause}"
        if make is None or self.case.loss_of is None or not self.case.batches:
            return None
        if self.loop is not None and self.loop.found and CAUSES[cause].group == "loop":
            return self.loop.trial
        if not self.budget.allows(2 * Mend("", self.case).steps):
            self.left_out[what] = f"the budget of {self.budget} was spent"
            return None
        try:
            with self.budget.charged():
                mend = make(self.case)
                if mend is None:
                    return None
                trial = self._plain_trial(mend) if mend.plain else self._other_trial(mend)
        except Exception as error:  # of the reader's own code
            self.left_out[what] = failed(error)
            return None
        if trial.as_is == trial.mended:
            self.left_out[what] = f"it changes nothing in the first {len(trial.mended)} steps"
            return None
        return trial

    def at_length(self, cause: str) -> Trial | None:
        """The same trial for as many steps as the training had; None where it cannot be, or need not be made."""
        make, one = self.probes[cause].mend, self.suspicions[cause]
        steps = as_long(self.case, least=0)
        known = one.trial is not None and one.helped and len(one.trial.mended) < steps
        if make is None or not known or not self.budget.allows(2 * steps):
            return None
        self._begin(f"mending {cause} at length")
        try:
            with self.budget.charged():
                mend = make(self.case)
                return None if mend is None or mend.plain else trial_of(self.case, mend, steps=steps, seed=self.seed)
        except Exception:  # of the reader's own code
            return None

    def _other_trial(self, mend: Mend) -> Trial:
        """If the mend ends lower, but by no more than the losses vary, once more for longer."""
        trial = trial_of(self.case, mend, seed=self.seed)
        longer = LONGER * mend.steps
        if _is_open(trial) and self.budget.allows(2 * longer):
            return trial_of(self.case, mend, steps=longer, seed=self.seed)
        return trial

    def _plain_trial(self, mend: Mend) -> Trial:
        """Beside the program's own losses: each batch once, as it had them; then, if that shows nothing, again."""
        once, losses = len(self.case.batches), len(self.case.log.loss.values)
        trial = trial_of(self.case, mend, steps=min(once, losses), seed=self.seed)
        if not helps(trial) and losses > once:
            trial = trial_of(self.case, mend, steps=min(3 * once, losses), seed=self.seed)
        return trial

    def _leave(self, causes: Iterable[str], why: str) -> None:
        self.left_out |= dict.fromkeys((cause for cause in causes if cause not in self.readings), why)


def _is_open(trial: Trial) -> bool:
    """Whether the mended training ends lower, though by no more than what its losses vary."""
    return not helps(trial) and end(trial.mended) < end(trial.as_is) < float("inf")


def in_order(probes: Mapping[str, Probe], symptom: str) -> tuple[list[str], list[str]]:
    """The causes whose test trains nothing, and the others.

    Of the first ones, those come first that look at what was written down alone, and send no batch through the model;
    then, of all, those that fit the symptom, and the cheap ones.
    """
    suspects = {cause for cause in probes if symptom in (CAUSES[cause].symptoms or ("healthy",))}

    def order(cause: str) -> tuple[bool, bool, int, int]:
        sends = not probes[cause].steps and "batches" in probes[cause].needs
        return sends, cause not in suspects, probes[cause].steps, LOOKS[CAUSES[cause].cost]

    looks = sorted((cause for cause in probes if not probes[cause].steps), key=order)
    return looks, sorted((cause for cause in probes if probes[cause].steps), key=order)


def failed(error: BaseException) -> str:
    """That a test failed, in the words of a probe that does."""
    return f"the test itself failed, with {type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _applies(probe: Probe, case: Case) -> bool:
    return all(NEEDS[need].there(case) for need in probe.needs)
