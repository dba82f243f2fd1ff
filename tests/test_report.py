"""A watched training is reported on: its fault first, a sound one silently, and whatever goes wrong in one sentence."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from foreign_loop import FOREIGN
from hypothesis import given, settings
from hypothesis import strategies as st
from reported_loops import SIZE, Loop, examples, net
from torch import Tensor, nn
from torch.nn import functional as F
from watched_loops import LOOPS

import lossbook
from lossbook.diagnosis import Report, Watching
from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.diagnose import diagnosed
from lossbook.diagnosis.investigation import Investigation, in_order
from lossbook.probes import PROBES, Probe, Reading, helps

QUICK: dict[str, Any] = {"progress": False}
LOOKS: dict[str, Any] = {"steps": 0, "progress": False}  # only what trains nothing

#: what is wrong -> the loop, and the cause that stands first
FAULTY = {
    "inputs of thousands": (Loop(scale=1000.0), "unscaled-inputs"),
    "no zero_grad": (Loop(zero_grad=False, lr=0.5), "missing-zero-grad"),
    "a rate of 30": (Loop(lr=30.0), "lr-too-high"),
    "a rate of a millionth": (Loop(lr=1e-6), "lr-too-low"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_the_fault_stands_first_and_its_mend_helps(name: str) -> None:
    loop, cause = FAULTY[name]
    report = loop.run().report(**QUICK)
    first = report.findings[0]
    assert (report.healthy, first.cause, first.follows) == (False, cause, None)
    assert first.trial is not None
    assert helps(first.trial)
    assert first.confidence > 0.5
    assert first.evidence.endswith(".")


@pytest.mark.parametrize("cause", FOREIGN)
def test_a_fault_of_another_loop_stands_first(cause: str) -> None:
    assert diagnosed(FOREIGN[cause](0), Budget()).findings[0].cause == cause


def test_a_sound_training_is_healthy_and_nothing_is_found() -> None:
    report = Loop().run().report(**QUICK)
    assert report.healthy, report
    assert (report.findings, report.loop) == ((), None)
    assert report.symptom is not None
    assert report.symptom.code == "healthy"
    assert {cause for cause, _ in report.readings} | {left.what for left in report.not_tested} >= set(PROBES)


#: loops in which there is one -> what it is
INDEED = {"into not a number": ["nonfinite-inputs"], "checkpointed": ["missing-nonlinearity"]}


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # by torch.compile alone
@pytest.mark.filterwarnings("ignore:.*beta state", "ignore:.*prototype stage")
@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_written_in_an_unusual_way_has_a_report_without_a_fact_against_it(name: str) -> None:
    opened: list[Watching] = []

    def opens(*args: Any, **options: Any) -> Watching:
        opened.append(lossbook.watch(*args, **options))
        return opened[-1]

    torch.manual_seed(7)
    LOOPS[name](opens)
    report = opened[0].report(**LOOKS)
    for face in (str(report), report.to_json(), report.to_markdown(), report._repr_html_()):
        assert face
    facts = [each.cause for each in report.findings if each.kind == "fact"]
    assert facts == INDEED.get(name, []), report


# it is in the loop


def test_a_fault_that_no_test_knows_is_still_in_the_loop() -> None:
    report = Loop(shrinks=1e-4).run().report(**QUICK)
    assert not report.healthy
    assert report.in_the_loop
    assert report.headline.startswith("It is in your loop")
    assert "the gradient's norm was multiplied by 0.0001" in " ".join(report.notes)


def test_a_training_that_does_as_the_plain_lines_do_is_not_accused_of_its_loop() -> None:
    """Both get nowhere, as the inputs are at fault."""
    assert not Loop(scale=1000.0).run().report(**QUICK).in_the_loop


# what goes wrong


def test_steps_that_a_scaler_skips_at_first_are_no_fault_of_the_loop() -> None:
    model, (x, y) = net(), examples()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**28)
    with lossbook.watch(model, optimizer, loss_fn=nn.CrossEntropyLoss(), scaler=scaler) as watching:
        for step in range(80):
            part = slice(step % 30 * SIZE, (step % 30 + 1) * SIZE)
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.float16):
                loss = F.cross_entropy(model(x[part]), y[part])
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            watching.step(loss)
    report = watching.report(steps=3000, seed=0, progress=False)
    assert (watching.case().seen.skipped or 0) > 5
    assert report.healthy, report
    assert not any("something else than the loss" in note for note in report.notes)


def test_after_an_exception_of_the_reader_the_report_says_so_and_looks_at_the_rest() -> None:
    report = Loop(zero_grad=False, raises=RuntimeError("out of memory in /home/ada/train.py")).run().report(**LOOKS)
    assert "The training ended with RuntimeError after 30 steps." in report.notes
    assert report.findings[0].cause == "missing-zero-grad"
    assert "/home/ada" not in report.to_markdown() + report.to_json()


def test_before_the_first_step_nothing_is_healthy() -> None:
    report = Loop(steps=0).run().report(**LOOKS)
    assert not report
    assert "No loss was seen" in " ".join(report.notes)


class Uncopyable(nn.Module):
    """It cannot be copied, for want of everything that a copy needs."""

    def __init__(self) -> None:
        super().__init__()
        self.body = net()

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)

    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("no copies")


def test_of_a_model_that_cannot_be_copied_the_curve_is_judged() -> None:
    report = Loop(model=Uncopyable).run().report(**QUICK)
    assert report.symptom is not None
    assert not report.healthy
    assert "could not be copied" in " ".join(report.notes)
    assert "no copies" in str(report)


class Idle(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


def test_a_model_without_parameters_has_nothing_to_train() -> None:
    x, y = examples(64)
    with lossbook.watch(Idle()) as watching:
        for _ in range(10):
            watching.step(F.cross_entropy(Idle()(x), y))
    report = watching.report(**QUICK)
    assert not report.healthy
    assert "The model has no parameters: there is nothing to train." in report.notes


def test_a_loss_that_is_never_finite_is_told_with_the_first_such_number() -> None:
    report = Loop(scale=float("nan")).run().report(**LOOKS)
    assert report.symptom is not None
    assert (report.symptom.code, report.healthy) == ("non-finite", False)
    assert report.findings[0].cause == "nonfinite-inputs"
    assert any(note.startswith("The first number that was not finite: the input") for note in report.notes)


def test_weights_that_are_no_longer_finite_are_not_looked_at() -> None:
    report = Loop(lr=1e3).run().report(**QUICK)
    assert any("weights at the end are not finite" in note for note in report.notes)
    assert report.findings[0].cause == "lr-too-high"


def two_heads(takes: Callable[..., Tensor]) -> Report:
    """A loss that is given as one of three arguments."""
    model, (x, y) = nn.ModuleDict({"body": net(), "size": nn.Linear(4, 1)}), examples(320)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = model

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            logits = self.parts["body"](x)
            return logits, self.parts["size"](logits)

    both = Both()
    with lossbook.watch(both, optimizer, loss_fn=takes) as watching:
        for part in range(10):
            optimizer.zero_grad()
            batch = x[part::10], y[part::10], x[part::10, :1]
            loss = three(both(batch[0]), *batch[1:])
            loss.backward()
            optimizer.step()
            watching.step(loss, batch=(batch[0], batch[1:]))
    return watching.report(**LOOKS)


def three(output: Any, y: Tensor, size: Tensor) -> Tensor:
    return F.cross_entropy(output[0], y) + F.mse_loss(output[1], size)


def test_a_loss_may_take_its_targets_one_by_one() -> None:
    report = two_heads(three)
    assert report.healthy, str(report)
    assert not any("Error" in left.why for left in report.not_tested)


def test_a_loss_that_cannot_be_computed_again_is_told_once() -> None:
    def four(output: Any, y: Tensor, size: Tensor, more: Tensor) -> Tensor:
        return output

    report = two_heads(four)
    assert len([note for note in report.notes if "cannot be computed again" in note]) <= 1
    assert not any("Error" in left.why for left in report.not_tested)


def test_a_report_wants_a_watch_that_is_closed() -> None:
    watching = lossbook.watch(net())
    with pytest.raises(RuntimeError, match="report\\(\\) must come after the with block"):
        watching.report()
    with watching, pytest.raises(RuntimeError, match="got a watch that is not closed"):
        watching.report()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"budget": -1}, "budget must lie in"),
        ({"steps": -1}, "steps must be at least 0"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_a_budget_that_is_none_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Loop(steps=2).run().report(**options)


numbers = st.one_of(st.none(), st.floats(), st.integers(), st.just(torch.tensor(2.0)))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=12), st.text("<>&'\"_*|ab", min_size=1, max_size=8))
def test_whatever_is_told_and_however_parts_are_named_there_is_a_report(told: list[Any], name: str) -> None:
    model = nn.Sequential(OrderedDict({name: nn.Linear(2, 2), "unused": nn.Linear(1, 1)}))
    optimizer = torch.optim.SGD(model[0].parameters(), lr=0.1)
    with lossbook.watch(model, optimizer) as watching:
        for loss, val_loss, metric in told:
            optimizer.zero_grad()
            model[0](torch.ones(3, 2)).square().mean().backward()
            optimizer.step()
            watching.step(loss, val_loss=val_loss, metric=metric)
    report = watching.report(**LOOKS)
    for face in (str(report), report.to_markdown(), report._repr_html_()):
        assert face
    json.loads(report.to_json(), parse_constant=pytest.fail)


# it changes nothing, and repeats


def test_a_report_changes_nothing_and_one_of_so_many_steps_repeats() -> None:
    model, (x, y) = net(), examples(320)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with lossbook.watch(model, optimizer) as watching:
        for part in range(10):
            optimizer.zero_grad()
            F.cross_entropy(model(x[part::10]), y[part::10]).backward()
            optimizer.step()
    held = [*model.state_dict().values(), *(param.grad for param in model.parameters())]
    before = [each.clone() for each in held if each is not None]
    drawn, modes = torch.get_rng_state(), [module.training for module in model.modules()]
    with torch.no_grad():
        once, again = (json.loads(watching.report(steps=300, seed=1, progress=False).to_json()) for _ in range(2))
    for told in (once, again):
        told["timeline"] = [each["what"] for each in told["timeline"]]
        del told["seconds"]
    assert once == again
    assert once["timeline"][-1] in PROBES
    assert all(map(torch.equal, before, [each for each in held if each is not None]))
    assert torch.equal(drawn, torch.get_rng_state())
    assert modes == [module.training for module in model.modules()]


def test_another_thread_may_ask() -> None:
    watching, reports = Loop(steps=20).run(), list[Report]()
    thread = threading.Thread(target=lambda: reports.append(watching.report(**LOOKS)))
    thread.start()
    thread.join()
    assert reports[0].readings


# the budget


def test_a_budget_of_steps_is_never_passed_and_what_is_left_out_has_a_reason() -> None:
    report = Loop(lr=1e-6).run().report(steps=200, progress=False)
    assert report.steps <= 200
    left = {each.what: each.why for each in report.not_tested}
    assert left["capacity-too-small"] == "the budget of 200 steps was spent"


def test_seconds_are_expected_from_the_pace_so_far() -> None:
    now = [0.0]
    budget = Budget(10.0, clock=lambda: now[0])
    with budget.charged() as count:
        count[0], now[0] = 10, 5.0
    assert (budget.spent, budget.steps) == (5.0, 10)
    assert budget.allows(10)
    assert not budget.allows(11)
    now[0] = 10.5
    assert not budget.allows()


def answers(*found: str, raises: str = "") -> dict[str, Probe]:
    """The package's table with answers that are made up."""

    def decide(cause: str) -> Callable[[Any], Reading]:
        def decided(case: Any) -> Reading:
            if cause == raises:
                raise KeyboardInterrupt
            return Reading("found" if cause in found else "not found", "it was looked at")

        return decided

    return {cause: replace(probe, decide=decide(cause), needs=(), mend=None) for cause, probe in PROBES.items()}


def investigated(probes: dict[str, Probe]) -> Investigation:
    work = Investigation(Loop(steps=2).run().case(), "healthy", Budget(60.0), probes=probes)
    work.run()
    return work


def test_ctrl_c_ends_the_experiments_and_what_was_seen_stays() -> None:
    work = investigated(answers("broadcast-loss", raises="lr-too-high"))
    assert "broadcast-loss" in work.suspicions
    assert work.left_out["lr-too-high"] == "stopped by Ctrl-C"
    assert set(work.readings) | set(work.left_out) >= set(PROBES)


def test_cheap_tests_come_first_and_among_the_others_those_that_fit_the_symptom() -> None:
    looks, trainings = in_order(PROBES, "spiking")
    assert all(not PROBES[cause].steps for cause in looks)
    assert looks.index("missing-zero-grad") < looks.index("batch-mixing")  # which sends a batch through the model
    assert trainings[0] == "lr-too-high"
    assert {*looks, *trainings} == set(PROBES)


def test_a_statistic_alone_makes_no_finding() -> None:
    work = investigated(answers("sum-reduction"))
    assert [place.suspicion.accuses for place in work.ranked()] == [False]


def test_a_bar_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Loop(steps=2).run().report(steps=0, progress=True)
    assert "test" in capsys.readouterr().err
    with contextlib.suppress(ValueError):
        Loop(steps=2).run().report(steps=0, progress=False)
    assert not capsys.readouterr().err
