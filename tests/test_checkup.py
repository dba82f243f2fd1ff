"""A check-up before the training: it names what is wrong, is silent on what is sound, and leaves all as it was."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reported_loops import CLASSES, WIDTH, examples, net
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

import lossbook
from lossbook.diagnosis import Report

LOSS = nn.CrossEntropyLoss()


def checked(model: nn.Module, loss_fn: Any, loader: Any, optimizer: Any = None, **options: Any) -> Report:
    return lossbook.checkup(model, loss_fn, loader, optimizer, **{"steps": 400, "progress": False} | options)


def outcome(report: Report) -> dict[str, bool | None]:
    return {check.name: check.passed for check in report.checks}


X, Y = examples(128)
PAIRS = [(X[:64], Y[:64]), (X[64:], Y[64:])]


class Wrapped(nn.Module):
    """A net whose forward is given."""

    def __init__(self, forward: Callable[..., Any], width: int = WIDTH) -> None:
        super().__init__()
        self.body, self.how = net(width), forward

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.how(self.body, *args, **kwargs)


def own_loss(body: nn.Module, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
    logits = body(x)
    return {"logits": logits, "loss": F.cross_entropy(logits, labels)}


#: what a loader gives, and the model and the loss that take it
SOUND: dict[str, tuple[nn.Module, Any, Any]] = {
    "pairs": (net(), LOSS, PAIRS),
    "a loader": (net(), LOSS, DataLoader(TensorDataset(X, Y), batch_size=32, shuffle=True)),
    "two inputs and a target": (
        Wrapped(lambda body, a, b: body(torch.cat([a, b], 1))), LOSS, [(X[:, :5], X[:, 5:], Y)],
    ),
    "a pair of inputs": (Wrapped(lambda body, a, b: body(torch.cat([a, b], 1))), LOSS, [((X[:, :5], X[:, 5:]), Y)]),
    "named inputs": (Wrapped(lambda body, x: body(x)), LOSS, [{"x": X, "labels": Y}]),
    "a dict for its own loss": (Wrapped(own_loss), None, [{"x": X, "labels": Y}]),
    "a tuple for its own loss": (Wrapped(own_loss), None, [(X, Y)]),
    "inputs that are their own target": (
        nn.Sequential(nn.Linear(WIDTH, WIDTH)), lambda output, x: (output - x).square().mean(), [X],
    ),
    "a structure of outputs": (
        Wrapped(lambda body, x: {"logits": body(x), "more": (x.mean(1),)}),
        lambda output, y: F.cross_entropy(output["logits"], y), PAIRS,
    ),
    "a last layer that starts at zero": (net(), LOSS, PAIRS),
    "a frozen part": (net(), LOSS, PAIRS),
    "samples on purpose": (Wrapped(lambda body, x: body(x) + 0.01 * torch.randn(len(x), CLASSES)), LOSS, PAIRS),
    "drops in training": (nn.Sequential(net(), nn.Dropout(0.2)), LOSS, PAIRS),
}  # fmt: skip
nn.init.zeros_(SOUND["a last layer that starts at zero"][0][2].weight)  # type: ignore[index]
SOUND["a frozen part"][0][0].requires_grad_(False)  # type: ignore[index]


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_passes_whatever_its_batches_are_made_of(name: str) -> None:
    report = checked(*SOUND[name])
    assert report.healthy, str(report)
    assert outcome(report)["a few examples are learned"]
    assert not [check for check in report.checks if "Error" in check.sentence]
    assert str(report)


def test_what_is_frozen_is_named() -> None:
    (moved,) = (each for each in checked(*SOUND["a frozen part"]).checks if "move" in each.name)
    assert "2 of 4 are frozen, '0.weight' the first" in moved.sentence


class Hidden(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers, self.last = [nn.Linear(WIDTH, 8)], nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.relu(self.layers[0](x)))


class Ranks(nn.Module):
    """Its answer says nothing of the inputs, and its parameters have no part in it."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * 0 + torch.zeros(len(x), CLASSES)


def stranger() -> Any:
    return torch.optim.Adam(net().parameters(), lr=1e-2)


#: what is wrong -> the parts, and the check that fails or the cause that is found
WRONG: dict[str, tuple[tuple[Any, ...], str]] = {
    "a loss for each example": ((net(), nn.CrossEntropyLoss(reduction="none"), PAIRS), "the loss is a finite number"),
    "inputs that are not finite": ((net(), LOSS, [(X / 0 * 0, Y)]), "the loss is a finite number"),
    "an average over the batch": (
        (Wrapped(lambda body, x: body(x - x.mean(0))), LOSS, PAIRS), "the examples are independent",
    ),
    "an input that nobody reads": (
        (Wrapped(lambda body, a, b: body(a)), LOSS, [(X, X.flip(0), Y)]), "every input counts",
    ),
    "dropout that never ends": (
        (Wrapped(lambda body, x: F.dropout(body(x), 0.5)), LOSS, PAIRS), "eval mode repeats itself",
    ),
    "another model's optimiser": ((net(), LOSS, PAIRS, stranger()), "a few steps move every parameter"),
    "an answer that is always the same": ((Ranks(), LOSS, PAIRS), "a few examples are learned"),
    "gradients that are not finite": (
        (Wrapped(lambda body, x: body(x) + (body(x) - body(x).detach()).abs().sqrt()), LOSS, PAIRS),
        "the gradients are finite",
    ),
    "a layer in a list": ((Hidden(), LOSS, PAIRS), "unregistered-layers"),
    "targets of another shape": ((nn.Linear(WIDTH, 1), nn.MSELoss(), [(X, X.sum(1))]), "broadcast-loss"),
    "inputs of thousands": ((net(), LOSS, [(1000 * X, Y)]), "unscaled-inputs"),
    "no parameters": ((nn.Flatten(), LOSS, PAIRS), "the loss is a finite number"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    parts, expected = WRONG[name]
    report = checked(*parts)
    failed = [check for check, passed in outcome(report).items() if passed is False]
    assert not report.healthy
    assert expected in failed + [finding.cause for finding in report.findings], str(report)


class Broken(Dataset[Any]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, i: int) -> Any:
        raise KeyError("no such image")


@pytest.mark.parametrize(
    ("loader", "words"),
    [
        ([], "The loader yields no batch."),
        (iter(PAIRS), "The loader can be read only once"),
        (DataLoader(Broken()), "The loader raised KeyError"),
        (
            [(X[:, :3], Y)],
            "Model and loss cannot be called with a batch of the loader, a list|tuple. RuntimeError: mat1",
        ),
        (["abc"], "Model and loss cannot be called with a batch of the loader, a str."),
    ],
)
def test_a_loader_that_gives_nothing_of_use_is_told_in_one_sentence(loader: Any, words: str) -> None:
    report = checked(net(), LOSS, loader)
    assert not report.healthy
    assert len(report.notes) == 1
    assert any(each in report.headline for each in words.split("|"))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((LOSS, net(), "abc", 1), "optimizer must be one of torch.optim, got int. Write checkup\\(model, loss_fn"),
        ((net, LOSS, PAIRS), "model must be a torch module, got function"),
        ((net(), nn.CrossEntropyLoss, PAIRS), "loss_fn must be a function of \\(output, target\\), got type"),
        ((net(), LOSS, 3), "loader must give batches, got int"),
    ],
)
def test_parts_of_another_kind_are_refused(parts: tuple[Any, ...], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        lossbook.checkup(*parts)


def test_all_is_afterwards_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(WIDTH, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, CLASSES)).eval()
    model[1].train()
    generator = torch.Generator().manual_seed(4)
    loader = DataLoader(TensorDataset(X, Y), batch_size=32, shuffle=True, generator=generator)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    F.cross_entropy(model(X), Y).backward()
    optimizer.step()

    def state() -> Iterator[Any]:
        yield copy.deepcopy(model.state_dict())
        yield [param.grad.clone() for param in model.parameters()]  # type: ignore[union-attr]
        yield copy.deepcopy(optimizer.state_dict())
        yield [module.training for module in model.modules()]
        yield torch.get_rng_state(), generator.get_state(), random.getstate(), np.random.get_state()  # noqa: NPY002

    before = list(state())
    report = checked(model, LOSS, loader, optimizer)
    assert report.checks
    for one, other in zip(before, state(), strict=True):
        assert str(one) == str(other)
        torch.testing.assert_close(
            [each for each in leaves(one) if isinstance(each, Tensor)],
            [each for each in leaves(other) if isinstance(each, Tensor)], rtol=0, atol=0,
        )  # fmt: skip


def leaves(value: Any) -> list[Any]:
    return torch.utils._pytree.tree_leaves(value)


def test_a_checkup_of_so_many_steps_repeats() -> None:
    once, again = (checked(net(), LOSS, PAIRS, steps=500, seed=2) for _ in range(2))
    assert (once.checks, once.findings, once.readings) == (again.checks, again.findings, again.readings)
    none = checked(net(), LOSS, PAIRS, steps=0)
    assert outcome(none)["a few examples are learned"] is None
    assert none.steps == 0


tensors = st.sampled_from([X, Y, X[:0], torch.tensor(1.0)])
leaf = st.none() | st.text(max_size=3) | st.integers(-3, 3) | tensors
names = st.sampled_from(["x", "y", "labels"])
structure = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(structure, max_size=2), st.sampled_from([LOSS, None, nn.MSELoss(), lambda output, target: 3.0]))
def test_whatever_a_loader_gives_there_is_a_report(batches: list[Any], loss_fn: Any) -> None:
    report = checked(net(), loss_fn, batches, steps=0)
    assert str(report)
    assert report.checks or len(report.notes) == 1
