"""A large share that is dropped where examples are few and noisy, which are else learnt by heart; and one too large."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

FEW, COLUMNS, KINDS, BATCH, EPOCHS = 240, 60, 4, 20, 40


def voices(n: int) -> tuple[Tensor, Tensor]:
    """Who of four speaks, by sixty numbers; of one recording in four nothing is heard."""
    y = torch.randint(KINDS, (n,))
    means = 0.9 * torch.randn(KINDS, COLUMNS, generator=torch.Generator().manual_seed(5))
    heard = (torch.rand(n, 1) > 0.25).float()
    return 0.4 * heard * means[y] + torch.randn(n, COLUMNS), y


def trained(share: float, *, held_out: bool) -> Case:
    with seeded(0):
        model = nn.Sequential(
            *(nn.Dropout(share), nn.Linear(COLUMNS, 64), nn.ReLU(), nn.Dropout(share), nn.Linear(64, KINDS))
        )
        optimizer = torch.optim.Adam(model.parameters(), 2e-3)
        (x, y), other = voices(FEW), voices(FEW)
        with watch(model, optimizer, loss_fn=F.cross_entropy) as watching:
            for rows in (rows for _ in range(EPOCHS) for rows in torch.randperm(FEW).split(BATCH)):
                optimizer.zero_grad()
                loss = F.cross_entropy(model.train()(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
            if held_out:
                with torch.no_grad():
                    F.cross_entropy(model.eval()(other[0]), other[1])
    return watching.case()


@pytest.mark.parametrize("held_out", [True, False])
@pytest.mark.parametrize(("share", "found"), [(0.7, False), (0.97, True)])
def test_a_share_is_too_large_if_unseen_examples_cost_less_without(share: float, found: bool, held_out: bool) -> None:
    case = trained(share, held_out=held_out)
    assert (case.held_out is not None) is held_out
    reading = PROBES["dropout-too-high"](case)
    assert reading.found is found, reading
    assert "unseen examples cost" in reading.sentence
