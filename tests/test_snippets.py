"""The snippets: each cause has one, and each test decides, as it says, on a scenario that is broken and then mended."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from lossbook import Experiment, run
from lossbook.causes import CAUSES
from lossbook.learners.feed import batches_of, load
from lossbook.paths import replace_at
from lossbook.scenarios import SCENARIOS
from lossbook.scenarios.model import Coarse
from lossbook.scenarios.terms import OfDigits
from lossbook.snippets import SNIPPETS, Snippet
from lossbook.train import prepare

GIVEN = {"model", "optimizer", "loss_fn", "loader", "x", "y", "torch", "nn", "F"}
each = pytest.mark.parametrize("row", SNIPPETS.values(), ids=list(SNIPPETS))


def test_each_cause_has_its_snippet() -> None:
    assert list(SNIPPETS) == list(CAUSES)
    with pytest.raises(ValueError, match="lr-too-hih"):
        Snippet("lr-too-hih", "", "", "", "")


@each
def test_what_is_pasted_fits_and_parses(row: Snippet) -> None:
    for code in (row.bug, row.fix, row.test):
        ast.parse(code)
        assert code.endswith("\n")
        assert max(map(len, code.splitlines())) <= 76
    assert row.bug != row.fix
    assert max(len(code.splitlines()) for code in (row.bug, row.fix)) <= 6
    assert 3 <= len(row.test.splitlines()) <= 10
    assert "lossbook" not in row.test
    assert "print(" in row.test


@each
def test_a_test_uses_the_readers_names_and_says_which_others(row: Snippet) -> None:
    tree = ast.parse(row.test)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    made |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    made |= {node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}
    others = {node.id for node in names} - made - GIVEN - set(dir(builtins))
    assert others <= set(re.findall(r"\w+", row.seen)), others
    assert not others or "needs" in row.seen


def printed(code: str, then: Callable[[], Any] | None = None, **names: Any) -> str:
    """What the code prints, and what a loop prints below it; an error that ends it is the last line, as anywhere."""
    given = {"torch": torch, "nn": nn, "F": F, **names}
    with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of anomaly mode, and of a loss between unequal shapes
        try:
            exec(code, given)
            if then:
                then()
        except RuntimeError as error:
            print(error)
        finally:
            if "hook" in given:
                given["hook"].remove()
    return out.getvalue()


def after(label: str, text: str) -> list[float]:
    """The number behind each occurrence of a label.

    >>> after("loss", "loss 2.3, loss nan")
    [2.3, nan]
    """
    return [float(value) for value in re.findall(rf"{label}\s*(-?[\d.]+(?:e[-+]?\d+)?|-?inf|nan)", text)]


@dataclass(frozen=True)
class Decides:
    """On which run a snippet's test is tried, and how its output is read."""

    scenario: str  #: a key of ``SCENARIOS``
    says: Callable[[str], bool]  #: what is printed -> whether the row's ``seen`` takes it for the cause
    steps: int = 0  #: for which the model is trained before
    batches: int = 40  #: of the loader
    #: the names that the test needs besides, of the names that all need and of the experiment
    others: Callable[[dict[str, Any], Experiment], dict[str, Any]] = lambda given, experiment: {}
    mended: tuple[str, Any] | None = None  #: path and value, where the scenario's own fix is in the loop


def loop_of(experiment: Experiment, steps: int = 0, batches: int = 40) -> dict[str, Any]:
    """The names of a reader's loop, after so many steps of it."""
    data = load(experiment, torch.device("cpu"), torch.float32)
    model, optimizer = prepare(experiment)
    rng, loader = np.random.default_rng(0), list[tuple[Tensor, Tensor]]()
    for index in islice(batches_of(experiment, len(data["train_x"])), batches):
        x = data["train_x"][index]
        loader.append((experiment.augment.apply(x, rng) if experiment.augment else x, data["train_y"][index]))
    for x, y in islice(cycle(loader), steps):
        optimizer.zero_grad()
        experiment.loss.value(model(x), y).backward()
        optimizer.step()
    optimizer.zero_grad()
    x, y = loader[0]
    return dict(model=model, optimizer=optimizer, loss_fn=experiment.loss.value, loader=loader, x=x, y=y)


def held_out(given: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    data = load(experiment, torch.device("cpu"), torch.float32)
    return {"val_loader": [(data["val_x"][:500], data["val_y"][:500])]}


def without_augmentation(given: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    return {"plain_loader": loop_of(replace(experiment, augment=None))["loader"]}


def a_larger_one(given: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    model, optimizer = prepare(replace(experiment, model=Coarse(side=2 * experiment.model.side + 3)))
    return {"larger": model, "larger_optimizer": optimizer}


def what_is_loaded(given: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    names = [name for name in given["model"].state_dict() if not name.startswith("7.")]
    return {"state": {experiment.model.prefix + name: given["model"].state_dict()[name] for name in names}}


def two_terms(given: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    ink = experiment.loss.ink
    return {"terms": {"digit": OfDigits().value, "ink": lambda out, y: ink * F.mse_loss(out[:, 10], y[:, 1])}}


def one_has_nearly_all(text: str) -> bool:
    """Of the labels, and of the answers."""
    labels, answers, *_ = text.splitlines()
    return all(max(ast.literal_eval(line[8:])) > 0.9 for line in (labels, answers))


def rates(text: str) -> dict[float, float]:
    """factor of the rate -> loss."""
    return dict(zip(map(float, re.findall(r"^([\d.]+) of", text, re.MULTILINE)), after("loss", text), strict=True))


def lower(part: float) -> Callable[[str], bool]:
    """The second loss is below this part of the first one, or the first one is not finite."""

    def says(text: str) -> bool:
        first, second = after("loss", text)
        return not math.isfinite(first) or second < part * first

    return says


def gradients(text: str) -> dict[str, str]:
    """name of the parameter -> its gradient."""
    return dict(re.findall(r"^(\S+): gradient (\S+),", text, re.MULTILINE))


def fades(text: str) -> bool:
    first, *_, last = (float(norm) for name, norm in gradients(text).items() if name.endswith("weight"))
    return first < 1e-3 * last


def grows_or_shrinks(text: str) -> bool:
    first, *_, last = after("std", text)
    return not 0.01 < last / first < 100


#: causes whose test needs one model and its batches
TRIED = {
    "unscaled-inputs": Decides(
        "unscaled-inputs-kill", lambda text: after("deviation", text)[0] >= 10 and lower(0.5)(text)
    ),
    "preprocessing-mismatch": Decides(
        "preprocessing-mismatch",
        lambda text: after("deviation", text)[1] > 2 * after("deviation", text)[0],
        others=held_out,
    ),
    "augmentation-too-strong": Decides("augmentation-too-strong", lower(0.4), others=without_augmentation),
    "data-not-shuffled": Decides("data-not-shuffled", lambda text: max(after(r"batch \d:", text)) <= 2),
    "nonfinite-inputs": Decides("nonfinite-inputs", lambda text: "of the inputs are not finite" in text),
    "target-leak": Decides("target-leak", lambda text: after("correlation", text)[0] >= 0.99),
    "degenerate-targets": Decides("degenerate-targets", lambda text: text.count("100%") == 5),
    "unscaled-targets": Decides(
        "unscaled-targets", lambda text: after("deviation", text)[1] > 100 * after("deviation", text)[0]
    ),
    "labels-misaligned": Decides("labels-misaligned", lower(1.25)),
    "noisy-labels": Decides("noisy-labels", lambda text: float(text.splitlines()[-1].split("%")[0]) > 50, steps=120),
    "class-imbalance": Decides("class-imbalance", one_has_nearly_all, steps=60),
    "unregistered-layers": Decides("unregistered-layers", lambda text: text.count("weight") < 2),
    "graph-detached": Decides("graph-detached", lambda text: "none" in text),
    "output-activation-mismatch": Decides(
        "output-activation-mismatch", lambda text: after("to", text)[0] <= 1 < after("to", text)[1], steps=60
    ),
    "batch-mixing": Decides("batch-mixing", lambda text: after("all other inputs:", text)[0] > 0),
    "missing-nonlinearity": Decides(
        "missing-nonlinearity", lambda text: after("differ by", text)[0] < 1e-3 * after("up to", text)[0]
    ),
    "capacity-too-small": Decides("capacity-too-small", lower(0.5), others=a_larger_one),
    "input-ignored": Decides(
        "mask-turned-round", lambda text: after("for all", text)[0] <= 1e-3 * after("size", text)[0]
    ),
    "representation-collapse": Decides(
        "embedding-collapse", lambda text: after("batch", text)[0] < 1e-2 * after("size", text)[0], steps=80
    ),
    "weights-not-loaded": Decides("keys-with-a-prefix", lambda text: text.startswith("8 of 8"), others=what_is_loaded),
    "symmetric-init": Decides("symmetric-init", lambda text: set(after("differ by", text)) == {0.0}),
    "bad-init-scale": Decides("initial-weights-too-large", grows_or_shrinks),
    "vanishing-gradients": Decides("vanishing-gradients-sigmoid", fades),
    "exploding-gradients": Decides(
        "exploding-gradients", lambda text: after("loss =", text)[0] > 70, mended=("model.gain", 1.0)
    ),
    "dead-relu": Decides("dead-relu", lambda text: max(after("never > 0:", text)[:-1]) > 95),
    "saturated-activations": Decides("saturated-activations", lambda text: max(after("beyond 5:", text)) > 50),
    "loss-sign-flipped": Decides(
        "loss-sign-flipped", lambda text: after("loss", text)[-1] < 0 and after(",", text)[-1] <= after(",", text)[0]
    ),
    "softmax-before-cross-entropy": Decides(
        "softmax-before-cross-entropy", lambda text: after("row:", text) == [1.0] == after("row: [-.0-9]+ to", text)
    ),
    "probabilities-into-nll": Decides("probabilities-into-nll", lambda text: -1 < after("start", text)[0] < 0),
    "log-of-zero": Decides("log-of-softmax", lambda text: "inf" in text),
    "wrong-loss": Decides("absolute-error-on-classes", lambda text: after("gradient", text)[-1] == 0),
    "sum-reduction": Decides(
        "sum-reduction-diverges", lambda text: after("gradient", text)[1] > 1.9 * after("gradient", text)[0]
    ),
    "broadcast-loss": Decides("broadcast-loss", lambda text: "outputs (64, 1)" in text and "targets (64,)" in text),
    "wrong-metric": Decides(
        "wrong-metric",
        lambda text: after("hand", text) != after("metric", text),
        steps=60,
        others=lambda given, experiment: {"metric": experiment.metric.value},
    ),
    "loss-term-lost": Decides("loss-term-overwritten", lambda text: gradients(text)["digit.weight"] in ("0", "none")),
    "loss-terms-unbalanced": Decides(
        "term-drowned",
        lambda text: after("gradient", text)[1] > 100 * after("gradient", text)[0],
        others=two_terms,
    ),
    "undefined-operation": Decides("root-of-zero", lambda text: "PowBackward0" in text),
    "lr-too-high": Decides("lr-too-high-oscillates", lambda text: rates(text)[0.1] < 0.5 * rates(text)[1]),
    "lr-too-low": Decides("lr-too-low-creeps", lambda text: rates(text)[100] < 0.7 * rates(text)[1]),
    "no-warmup": Decides(
        "no-warmup",
        lambda text: max(after("ratio", text)) > 0.5 and max(after("loss", text)) > 2 * after("loss", text)[0],
    ),
    "momentum-too-high": Decides("momentum-too-high", lower(0.5)),
    "adam-betas": Decides("adam-betas", lower(0.5)),
    "batch-too-small": Decides(
        "batch-of-one",
        lambda text: after("spread", text)[0] > after("loss", text)[0] > 2 * after("spread", text)[2],
        steps=200,
        batches=160,
    ),
    "weight-decay-too-strong": Decides("weight-decay-too-strong", lower(0.8)),
    "dropout-too-high": Decides("dropout-too-high", lower(0.5)),
    "parameters-not-optimized": Decides("frozen-body", lambda text: "NOT trained" in text),
}


@pytest.mark.parametrize("key", TRIED)
def test_the_test_decides(key: str) -> None:
    row = TRIED[key]
    experiments = {name: SCENARIOS[row.scenario].experiment(name, 0, "cpu") for name in ("broken", "fixed")}
    if row.mended:
        experiments["fixed"] = replace_at(experiments["broken"], *row.mended)
    for name, experiment in experiments.items():
        torch.manual_seed(0)
        given = loop_of(experiment, row.steps, row.batches)
        before = [each.clone() for each in given["model"].parameters()]
        text = printed(SNIPPETS[key].test, **given, **row.others(given, experiment))
        assert row.says(text) == (name == "broken"), f"{name}:\n{text}"
        assert all(map(torch.equal, before, given["model"].parameters())), "it must not train the reader's model"
        if "optimizer" in SNIPPETS[key].test:
            assert all(len(line) <= 100 for line in text.splitlines())


#: causes whose test stands above the reader's loop: a scenario whose loop has the fault, and what is said of it
IN_THE_LOOP = {
    "same-batch-repeated": ("same-batch-repeated", lambda text: len(set(after("inputs", text))) == 1),
    "schedule-decays-too-early": (
        "schedule-decays-too-early",
        lambda text: after("rate", text)[-1] < 0.01 * after("rate", text)[0],
    ),
    "missing-zero-grad": (
        "missing-zero-grad",
        lambda text: after(r"step\(\)", text)[1:] != after(r"backward\(\)", text)[1:],
    ),
    "state-reset": ("optimizer-in-the-loop", lambda text: len(set(re.findall(r"optimizer (\d+)", text))) > 1),
    "gradients-cleared-early": (
        "gradients-cleared-early",
        lambda text: set(after(r"step\(\)", text)) == {0.0} and min(after(r"backward\(\)", text)) > 0,
    ),
}


@pytest.mark.parametrize("key", IN_THE_LOOP)
def test_the_test_decides_in_the_loop(key: str) -> None:
    scenario, says = IN_THE_LOOP[key]
    for name in ("broken", "fixed"):
        experiment = replace(SCENARIOS[scenario].experiment(name, 0, "cpu"), steps=30, eval_every=30, clipping=None)
        model, optimizer = prepare(experiment)
        text = printed(
            SNIPPETS[key].test,
            then=partial(run, experiment, model=model, optimizer=optimizer, progress=False),
            model=model,
            optimizer=optimizer,
        )
        assert says(text) == (name == "broken"), f"{name}:\n{text}"


class Pictures(Dataset[Any]):
    """Eight pictures; what is done to each is done by ``prepare``."""

    def __init__(self, prepare: Callable[[Tensor], Tensor]) -> None:
        self.images, self.prepare = 255 * torch.rand(8, 1, 4, 4), prepare

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.prepare(self.images[i]), i


def test_reading_twice_shows_data_that_are_changed_in_place() -> None:
    for prepared, change in ((lambda x: x.div_(255), True), (lambda x: x / 255, False)):
        text = printed(SNIPPETS["data-changed-in-place"].test, loader=DataLoader(Pictures(prepared), 4))
        assert (after("difference", text)[0] > 0) == change, text


def test_two_epochs_show_noise_that_is_drawn_again() -> None:
    """The generator is made anew for each picture, as a worker gets it anew in each epoch; or it goes on."""
    going_on = np.random.default_rng(0)
    for drawn, same in (
        (lambda x: x + float(np.random.default_rng(0).normal()), "1 of 1"),
        (lambda x: x + float(going_on.normal()), "0 of 1"),
    ):
        text = printed(SNIPPETS["duplicated-augmentation"].test, loader=DataLoader(Pictures(drawn), 4))
        assert text.startswith(same), text


@pytest.mark.parametrize(("half", "eps", "guilty"), [(False, 1.0, True), (False, 1e-8, False), (True, 1e-8, True)])
def test_the_roots_of_adam_stand_beside_its_epsilon(half: bool, eps: float, guilty: bool) -> None:
    given = loop_of(SCENARIOS["adam-eps-too-large"].experiment("fixed", 0, "cpu"))
    model = given["model"].half() if half else given["model"]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, eps=max(eps, 1e-8))
    F.cross_entropy(model(given["x"].half() if half else given["x"]).float(), given["y"]).backward()
    for p in model.parameters():
        p.grad[0] = 0.0  # of a unit that is dead
    optimizer.step()
    text = printed(SNIPPETS["adam-eps"].test, optimizer=optimizer)
    held, low, high = after("eps", text), after("root of v", text), after("to", text)
    zeros = any(e == 0 == v for e, v in zip(held, low, strict=True))
    assert (zeros or all(e > v for e, v in zip(held, high, strict=True))) == guilty, text


def test_half_precision_shows_zeros_that_a_scale_lifts() -> None:
    given = loop_of(SCENARIOS["low-precision"].experiment("broken", 0, "cpu"))
    for scale, guilty in (("1.0", True), ("65536.0", False)):
        text = printed(SNIPPETS["low-precision"].test.replace("scale = 1.0", f"scale = {scale}"), **given)
        half, single = after("float(?:16|32):", text)
        assert (half > single + 20) == guilty, text


def test_half_precision_shows_an_overflow_that_float32_does_not_have() -> None:
    given = loop_of(SCENARIOS["low-precision"].experiment("fixed", 0, "cpu"))
    model = nn.Sequential(nn.Flatten(), nn.Linear(given["x"][0].numel(), 10))
    for gain, guilty in ((1e6, True), (1.0, False)):
        nn.init.constant_(model[1].weight, gain)
        text = printed(SNIPPETS["low-precision"].test, **given | {"model": model})
        half, single = after("are 0,", text)
        assert (half > 50 and single == 0) == guilty, text


class Attention(nn.Module):
    """Of four keys a row may use those that are known; the lines of the snippet say how, from its scores on."""

    def __init__(self, lines: str) -> None:
        super().__init__()
        self.query, self.last, self.lines = nn.Linear(4, 4), nn.Linear(4, 2), lines

    def forward(self, x: Tensor) -> Tensor:
        mask = (x != 0).any(-1)[:, None]
        given = {"torch": torch, "scores": self.query(x) @ x.mT, "mask": mask, "a": x, "b": x + 1}
        exec(self.lines, given)
        return self.last((given["attention"] @ x).mean(1))


def test_attention_over_a_row_that_is_all_masked_is_named_and_mended() -> None:
    x = torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(0))
    x[1] = 0
    y, row = torch.tensor([0, 1, 0]), SNIPPETS["undefined-operation"]
    for lines, finite in ((row.bug, False), (row.fix, True)):
        model = Attention(lines)
        given = {"model": model, "loss_fn": F.cross_entropy, "loader": [(x, y)]}
        text = printed(row.test, **given)
        assert (text == "") == finite
        assert text.startswith("not finite after Linear") == (not finite)
        F.cross_entropy(model(x), y).backward()
        assert all(p.grad.isfinite().all() for p in model.parameters()) == finite


def test_the_two_modes_part_where_a_net_trains_in_eval_mode() -> None:
    experiment = SCENARIOS["eval-mode-in-training"].experiment("broken", 0, "cpu")
    for name in ("broken", "fixed"):
        given = loop_of(experiment)
        given["model"].train(name == "fixed")
        for x, y in given["loader"] * 2:
            given["optimizer"].zero_grad()
            given["loss_fn"](given["model"](x), y).backward()
            given["optimizer"].step()
        text = printed(SNIPPETS["train-eval-mode"].test, **given)
        assert ("the model is in eval mode" in text) == (name == "broken"), text
        assert given["model"].training == (name == "fixed")


@pytest.mark.parametrize(("val", "guilty"), [((2.0, 1.0, 1.2, 1.5), True), ((2.0, 1.5, 1.2, 1.0), False)])
def test_the_lowest_held_out_loss_shows_overfitting(val: tuple[float, ...], guilty: bool) -> None:
    text = printed(SNIPPETS["overfitting"].test, train_losses=[2.0, 1.0, 0.5, 0.2], val_losses=list(val))
    assert (
        after("now", text)[0] > after("lowest", text)[0] and after("loss:", text)[0] > after("then,", text)[0]
    ) == guilty, text


@pytest.mark.parametrize("reset", [False, True])
def test_a_loss_that_is_printed_shows_what_is_misreported(reset: bool) -> None:
    model, x, y = nn.Linear(3, 1), torch.randn(8, 3), torch.randn(8, 1)
    loop = """
total = 0.0
for epoch in range(3):
    total = 0.0 if reset else total
    for step in range(2):
        total += loss_fn(model(x), y).item()
    print(f"logged {total / 2:.4g}")
"""
    code = SNIPPETS["loss-misreported"].test + loop
    text = printed(code, model=model, x=x, y=y, loss_fn=F.mse_loss, reset=reset)
    assert (set(after("logged", text)) == set(after("loss", text))) == reset, text


def test_each_test_is_tried() -> None:
    others = {"data-changed-in-place", "duplicated-augmentation", "adam-eps", "low-precision", "train-eval-mode"}
    others |= {"overfitting", "loss-misreported"}
    assert {*TRIED, *IN_THE_LOOP, *others} == set(CAUSES)
