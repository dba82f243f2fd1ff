"""Whoever has a rare answer that the model never gives is asked whether it must be found; nobody else is."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.diagnosis.asking import questions
from lossbook.evidence import Case, watch

ASKED = "Must the rare answer be found?"


def trained(share: float, *, classes: bool, weight: float = 1.0) -> Case:
    """Of a weak sign of what happens in so many examples of 100."""
    with seeded(0):
        net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2 if classes else 1))
        optimizer, x = torch.optim.Adam(net.parameters(), lr=0.01), torch.randn(120, 50, 4)
        risk = x[..., 0] + 2 * torch.randn(120, 50)
        targets = (risk > risk.flatten().quantile(1 - share)).long()
        with watch(net, optimizer) as watching:
            for each, y in zip(x, targets if classes else targets.float(), strict=True):
                optimizer.zero_grad()
                if classes:
                    loss = F.cross_entropy(net(each), y, weight=torch.tensor([1.0, weight]))
                else:
                    loss = F.binary_cross_entropy_with_logits(net(each)[:, 0], y)
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def asked(case: Case, *, found: bool = False) -> bool:
    return any(each.startswith(ASKED) for each in questions(case, "healthy", found=found))


@pytest.mark.parametrize("classes", [True, False])
def test_a_rare_answer_that_is_never_given_is_asked_about(classes: bool) -> None:
    case = trained(0.03, classes=classes)
    assert asked(case)
    assert not asked(case, found=True)


def test_nobody_is_asked_whose_answers_are_even_or_weighed() -> None:
    assert not asked(trained(0.5, classes=True))
    assert not asked(trained(0.03, classes=True, weight=30.0))
