"""Whether targets that are whole numbers are the numbers of classes, between which nothing lies."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case
from lossbook.evidence.replay import quiet
from lossbook.probes.base import Limit, Reading
from lossbook.probes.examples import joined, rows_of
from lossbook.probes.made_up import sees_differences_alone
from lossbook.probes.own_examples import different

MOST, LEAST = 20, 200  #: different classes, and examples
ASKED = 0.25  #: of the examples, which are not trained on
STEPS, LR, WIDTH = 200, 5e-3, 64  #: of Adam, on all the others together; units of both hidden layers
#: wrong answers of a net that learns classes, over those of one that learns their numbers
LIMITS = {"as classes": Limit(0.5, ("program", 0.8), ("program", 0.35))}
AS_CLASSES = LIMITS["as classes"].value


class _Asked(NamedTuple):
    wrong: float  #: share of the unseen examples
    distance: float  #: mean, between the answer and the number


def classes_as_numbers(case: Case, output: Tensor, y: Tensor) -> Reading | None:
    """Teach one plain net the numbers as classes, and one as numbers: the first errs far less, and less far.

    So much for targets that are all of 0 to K - 1, of a loss of the difference between one output and one target. Of
    ratings, counts or ages the second one is as good. None: it is so here, or the targets are others.
    """
    if not _are_numbers(case, output, y):
        return None
    every = joined(case.batches)
    numbers = different(every)
    if len(numbers) < LEAST or every.target.numel() != every.size:
        return None
    some = every.rows(torch.tensor(numbers))
    x, y = rows_of(some).detach().float().cpu(), some.target.detach().flatten().cpu()  # type: ignore[union-attr]
    classes = y.long()
    count = int(classes.max()) + 1
    if not 2 < count <= MOST or len(classes.unique()) < count or bool((y != classes).any()):
        return None
    x = (x - x.mean(0)) / x.std(0).clamp_min(1e-6)
    cut = int(ASKED * len(x))
    as_numbers, as_classes = (_asked(x, classes, cut, outputs) for outputs in (1, count))
    if not (as_classes.wrong < AS_CLASSES * as_numbers.wrong and as_classes.distance < as_numbers.distance):
        return None
    sentence = f"the targets are the {count} numbers from 0 on; of unseen examples a plain net that learns them as"
    sentence = f"{sentence} numbers names {as_numbers.wrong:.0%} wrong, and one that learns them as classes"
    return Reading(
        "found", f"{sentence} {as_classes.wrong:.0%}", as_classes.wrong / max(as_numbers.wrong, 1e-9), AS_CLASSES
    )


def _are_numbers(case: Case, output: Tensor, y: Tensor) -> bool:
    if not y.is_floating_point() or output.numel() != y.numel() or y.numel() != case.batches[0].size:
        return False
    return sees_differences_alone(case.loss, output, y, 1.0)


def _asked(x: Tensor, y: Tensor, cut: int, outputs: int) -> _Asked:
    """What a plain net with so many outputs says of the first examples, having learnt the others."""
    with quiet(nn.Identity(), seed=0):
        net = nn.Sequential(nn.Linear(x.shape[1], WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU())
        net.append(nn.Linear(WIDTH, outputs))
        adam = torch.optim.Adam(net.parameters(), LR)
        for _ in range(STEPS):
            out = net(x[cut:])
            loss = F.cross_entropy(out, y[cut:]) if outputs > 1 else F.mse_loss(out[:, 0], y[cut:].float())
            adam.zero_grad()
            loss.backward()
            adam.step()
        with torch.no_grad():
            out = net(x[:cut])
    said = out.argmax(1) if outputs > 1 else out[:, 0].round().long()
    return _Asked(float((said != y[:cut]).float().mean()), float((said - y[:cut]).abs().float().mean()))
