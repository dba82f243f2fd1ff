"""How held-out examples are judged and prepared, in programs of another kind than those that showed what was missed."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, WIDTH = 32, 6


def judged_by_fours(*, calls_eval: bool, drops: float) -> Case:
    """A regression whose validation takes four rows at a time, fewer than a batch of the training has."""
    with seeded(0):
        x = torch.randn(640, WIDTH)
        y = x[:, :1] * x[:, 1:2] + x[:, 2:3]
        model = nn.Sequential(nn.Linear(WIDTH, 64), nn.Tanh(), nn.Dropout(drops), nn.Linear(64, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        with watch(model, optimizer) as watching:
            for _ in range(8):
                model.train()
                for part in torch.randperm(600).split(N):
                    loss = F.mse_loss(model(x[part]), y[part])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                if calls_eval:
                    model.eval()
                with torch.no_grad():
                    val = [F.mse_loss(model(x[i : i + 4]), y[i : i + 4]) for i in range(600, 640, 4)]
                watching.step(loss, val_loss=torch.stack(val).mean())
    return watching.case()


@pytest.mark.parametrize(
    ("calls_eval", "drops", "found"), [(False, 0.5, True), (True, 0.5, False), (False, 0.0, False)]
)
def test_a_validation_of_few_rows_at_a_time_in_train_mode_is_found(
    calls_eval: bool, drops: float, *, found: bool
) -> None:
    reading = PROBES["train-eval-mode"](judged_by_fours(calls_eval=calls_eval, drops=drops))
    assert reading.found is found, reading


def numbered(*, otherwise: bool, other_kind: bool = False) -> Case:
    """A table whose first two columns are words that were numbered, as floats; classes of what they mean together."""
    with seeded(1):
        codes = torch.randint(0, 6, (900, 2))
        more = torch.randn(900, 2)
        y = (codes[:, 0] % 3 + (more[:, 0] > 0.3) + codes[:, 1] // 3) % 3
        if other_kind:  # the held-out rows follow another rule
            y[640:] = (codes[640:, 0] % 2 + (more[640:, 1] > 0)).long()
        shown = codes.clone()
        if otherwise:
            shown[640:] = torch.stack([torch.randperm(6)[codes[640:, i]] for i in range(2)], 1)
        x = torch.cat([shown.float(), more], 1)
        model = nn.Sequential(nn.Linear(4, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 3))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
        with watch(model, optimizer) as watching:
            for _ in range(30):
                for part in torch.randperm(640).split(N):
                    loss = F.cross_entropy(model(x[part]), y[part])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                with torch.no_grad():
                    watching.step(loss, val_loss=F.cross_entropy(model(x[640:]), y[640:]))
    return watching.case()


@pytest.mark.parametrize(
    ("otherwise", "other_kind", "found"), [(True, False, True), (False, False, False), (False, True, False)]
)
def test_words_that_were_numbered_anew_are_found(*, otherwise: bool, other_kind: bool, found: bool) -> None:
    reading = PROBES["preprocessing-mismatch"](numbered(otherwise=otherwise, other_kind=other_kind))
    assert reading.found is found, reading
