"""6.1 Fine-tuning and language models."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, log2
from typing import Any

import torch
from torch import nn

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Numbers, Tried

SHAPES = ((64, 196), (64, 64), (10, 64))
RANK = 4

Program = Callable[[nn.Module, Callable[[nn.Module], nn.Module]], Any]


def _adapted(net: nn.Module) -> nn.Module:
    """A frozen layer and a new one behind it, in the place of an adapter."""
    return nn.Sequential(net.requires_grad_(False), nn.Linear(2, 2, bias=False))


def _asked(program: Program) -> tuple[set[int], set[int]]:
    """The parameters that should learn, and those that the optimiser holds."""
    net, optimizer = program(nn.Linear(3, 2), _adapted)
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    return {id(p) for p in net.parameters() if p.requires_grad}, held


def _adapts(program: Program) -> bool:
    asked, _ = _asked(program)
    return len(asked) == 1


def _holds(program: Program) -> bool:
    asked, held = _asked(program)
    return asked <= held


def _sgd(net: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.01)


def optimizer_last(net: nn.Module, adapt: Callable[[nn.Module], nn.Module]) -> Any:
    net = adapt(net)
    return net, _sgd(net)


def optimizer_first(net: nn.Module, adapt: Callable[[nn.Module], nn.Module]) -> Any:
    optimizer = _sgd(net)
    return adapt(net), optimizer


ROWS = {
    "ex-06-1-first": Exercise(
        "which first loss, in nats, and for 2.84 nats which perplexity and how many bits?",
        Numbers(("first loss", "perplexity", "bits"), within=0.005),
        right=lambda: (log(50257), exp(2.84), 2.84 / log(2)),
        mistakes=(
            ((log2(50257), exp(2.84), 2.84 / log(2)), "The loss is in nats: take the natural logarithm."),
            ((log(50257), 2**2.84, 2.84 / log(2)), "The loss is in nats: which number is raised to its power?"),
            ((log(50257), exp(2.84), 2.84 * log(2)), "A bit is smaller than a nat, so there are more of them."),
        ),
    ),
    "ex-06-1-shift": Exercise(
        "which test finds the missing shift?",
        Choice(("the last letter", "a pair as text", "both", "neither")),
        right=lambda: "a pair as text",
        mistakes=(
            ("the last letter", "The mask is fine: no place before it reads it."),
            ("both", "One of the two looks at the mask alone, and the mask is fine."),
            ("neither", "Print what goes in and what is asked for. What do you expect of them?"),
        ),
    ),
    "ex-06-1-bug": Exercise(
        "in which order is the program right?",
        Tried(
            "a function program(net, adapt) that returns the net that adapt(net) gives, and an optimiser",
            (("the net has its adapter", _adapts), ("the optimiser holds all that should learn", _holds)),
        ),
        right=lambda: optimizer_last,
        mistakes=((optimizer_first, "Which tensors exist when the optimiser is made?"),),
        why="What the optimiser holds are the tensors of the net that is trained.",
    ),
    "ex-06-1-merge": Exercise(
        "which rank has what was added to a layer, and how many weights of the net were trained?",
        Numbers(("rank", "trained"), within=0),
        right=lambda: (RANK, sum(RANK * (m + n) for m, n in SHAPES)),
        mistakes=(
            ((64, sum(RANK * (m + n) for m, n in SHAPES)), "It is a product of two thin matrices."),
            ((RANK, sum(m * n + m for m, n in SHAPES)), "These are the weights of the net. Which of them are frozen?"),
            ((RANK, sum(RANK * RANK * (m + n) for m, n in SHAPES)), "Each of the two thin matrices has one side r."),
            ((RANK, RANK * (64 + 196)), "This is one layer. Which others have an adapter?"),
        ),
    ),
}
