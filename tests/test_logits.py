"""A loss that takes logits, and outputs that are none: told from all that is sound, whatever stands in front of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lossbook
from lossbook.evidence import Case
from lossbook.probes import PROBES

N, WIDTH, K, STEPS = 32, 12, 5, 40


class Capped(nn.Module):
    """Logits that end softly at 30, as some language models have them."""

    def forward(self, x: Tensor) -> Tensor:
        return 30 * torch.tanh(x / 30)


def classes(score: Tensor) -> Tensor:
    return score.argmax(1)


def rows(score: Tensor) -> Tensor:
    return F.one_hot(score.argmax(1), K).float()


def several(score: Tensor) -> Tensor:
    return (score > 0.4).float()


def soft(score: Tensor) -> Tensor:
    return torch.softmax(3 * score, 1)


def seen(head: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], targets: Callable[[Tensor], Tensor]) -> Case:
    """A training of a small net whose last layer this is."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x, way = torch.randn(N * STEPS, WIDTH), torch.randn(WIDTH, K)
        model = nn.Sequential(nn.Linear(WIDTH, 24), nn.ReLU(), nn.Linear(24, K), head)
    y, optimizer = targets(x @ way / WIDTH**0.5), torch.optim.Adam(model.parameters(), lr=0.01)
    with lossbook.watch(model, optimizer, loss_fn=loss) as watch:
        for inputs, target in zip(x.split(N), y.split(N), strict=True):
            optimizer.zero_grad()
            value = loss(model(inputs), target)
            value.backward()
            optimizer.step()
            watch.step(value)
    return watch.case()


SICK = {
    "a sigmoid before a cross entropy": ("softmax-before-cross-entropy", nn.Sigmoid(), nn.CrossEntropyLoss(), classes),
    "smoothed labels do not hide it": (
        *("softmax-before-cross-entropy", nn.Sigmoid()),
        *(nn.CrossEntropyLoss(label_smoothing=0.1), classes),
    ),
    "two sigmoids": ("softmax-before-cross-entropy", nn.Sigmoid(), nn.BCEWithLogitsLoss(), several),
    "a tanh before a cross entropy": ("output-activation-mismatch", nn.Tanh(), nn.CrossEntropyLoss(), classes),
    "a tanh before yes and no": ("output-activation-mismatch", nn.Tanh(), nn.BCEWithLogitsLoss(), several),
    "several true classes": ("wrong-loss", nn.Identity(), nn.CrossEntropyLoss(), several),
}
SOUND = {
    "logits": (nn.Identity(), nn.CrossEntropyLoss(label_smoothing=0.1), classes),
    "logits with soft ends": (Capped(), nn.CrossEntropyLoss(), classes),
    "probabilities of yes and no": (nn.Sigmoid(), nn.BCELoss(), several),
    "probabilities whose squares are taken": (nn.Sigmoid(), nn.MSELoss(), several),
    "one true class as a row": (nn.Identity(), nn.CrossEntropyLoss(), rows),
    "soft targets": (nn.Identity(), nn.CrossEntropyLoss(), soft),
    "the likelihood of several counts": (
        nn.Identity(),
        lambda output, y: -(F.log_softmax(output, 1) * y).sum(1).mean(),
        several,
    ),
    "logarithms": (nn.LogSoftmax(1), nn.NLLLoss(), classes),
}


@pytest.mark.parametrize("name", SICK)
def test_outputs_that_are_no_logits_are_found(name: str) -> None:
    cause, *parts = SICK[name]
    reading = PROBES[cause](seen(*parts))
    assert reading.found, reading


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("cause", ["softmax-before-cross-entropy", "output-activation-mismatch", "wrong-loss"])
def test_sound_ones_are_not(name: str, cause: str) -> None:
    reading = PROBES[cause](seen(*SOUND[name]))
    assert not reading.found, reading
    assert "itself failed" not in reading.sentence


def overlap(output: Tensor, y: Tensor) -> Tensor:
    """Of what is marked and what is to be, over both together: as large as possible."""
    both = (output * y).sum(1)
    return ((both + 1) / (output.sum(1) + y.sum(1) - both + 1)).mean()


@pytest.mark.parametrize("flipped", [False, True])
def test_an_overlap_that_is_made_small_is_no_matter_of_logits(flipped: bool) -> None:
    """It falls further where outputs may be any number; but right answers are its worst."""
    case = seen(nn.Sigmoid(), overlap if flipped else lambda output, y: 1 - overlap(output, y), several)
    reading = PROBES["softmax-before-cross-entropy"](case)
    assert not reading.found, reading
    assert PROBES["loss-sign-flipped"](case).found is flipped
