"""3.2.1.2 Pretraining."""

from __future__ import annotations

from math import log

import torch
from torch import nn

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Each, Number, Several

PARTS = ("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked")
NET = ("0.weight", "0.bias", "3.weight", "3.bias", "6.weight", "6.bias")


def moved_by_a_pass() -> set[str]:
    block = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)).requires_grad_(False)
    before = {key: one.clone() for key, one in block.state_dict().items()}
    block(torch.linspace(-1, 1, 2 * 64).reshape(2, 1, 8, 8))
    return {key for key, one in block.state_dict().items() if not torch.equal(one, before[key])}


def not_held() -> set[str]:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 5)
    )
    optimizer = torch.optim.Adam(net.parameters())
    net[6] = nn.Linear(8, 5)
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    return {name for name, p in net.named_parameters() if id(p) not in held}


ROWS = {
    "ex-03-2-1-2-reports": Exercise(
        "what has arrived in each of the four?",
        Each(("a", "b", "c", "d"), ("all", "the body", "nothing")),
        right=lambda: ("the body", "nothing", "the body", "all"),
        mistakes=(
            (("the body", "nothing", "the body", "nothing"), "For (d): what does the net still lack?"),
            (("nothing", "nothing", "the body", "all"), "For (a): which two are they that are missing?"),
            (("the body", "nothing", "all", "all"), "For (c): two are missing. What are they used for?"),
        ),
        why="What is missing decides; what is unexpected alone does no harm.",
    ),
    "ex-03-2-1-2-above": Exercise(
        "what is the first loss with a head of zeros?",
        Number("nats", within=0.01),
        right=lambda: log(5),
        mistakes=(
            (0.0, "Zero logits are no certainty. What does a softmax make of them?"),
            (log(10), "That is for ten classes. How many does the new task have?"),
            (0.2, "That is the probability of each class. What does the cross entropy make of it?"),
        ),
        hint="All logits are equal. Which probabilities follow?",
    ),
    "ex-03-2-1-2-norm": Exercise(
        "what has changed in the state dict of the frozen block?",
        Several(PARTS),
        right=moved_by_a_pass,
        mistakes=(
            (set(), "It is true of the parameters. What else does a batch norm keep?"),
            ({"1.running_mean", "1.running_var"}, "There is a counter, too."),
            ({"1.weight", "1.bias"}, "Those are parameters, and frozen. What is no parameter?"),
        ),
    ),
    "ex-03-2-1-2-bug": Exercise(
        "which parameters of the net does the optimiser not hold?",
        Several(NET),
        right=not_held,
        mistakes=(
            (set(NET), "It holds those that the net had when it was made."),
            (set(NET[:4]), "It holds these. They are frozen, which is another matter."),
            (set(), "Which line makes new tensors after the optimiser was made?"),
        ),
    ),
}
