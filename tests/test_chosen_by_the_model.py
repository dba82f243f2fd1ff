"""Losses that hold what was drawn: from the output, as the actions of a policy, or beside it."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn

from lossbook.evidence import Case, watch


def switched(output: Tensor, y: Tensor) -> Tensor:
    """A switch is drawn to be on or off; it should be on where y is above 0."""
    share = output.sigmoid()
    on = torch.bernoulli(share)
    worth = on * y.sign()
    chance = torch.where(on > 0, share, 1 - share)
    return -(chance.log() * (worth - worth.mean()).detach()).mean()


def picked(output: Tensor, y: Tensor) -> Tensor:
    """One of five is drawn; the right one earns 1, and to choose evenly costs nothing."""
    logs = output.log_softmax(1)
    pick = torch.multinomial(logs.detach().exp(), 1)
    earned = (pick == y).float()
    return -((earned - earned.mean()) * logs.gather(1, pick)).mean() + 0.2 * (logs.exp() * logs).sum(1).mean()


def blurred(output: Tensor, y: Tensor) -> Tensor:
    return (output + 0.1 * torch.randn_like(output) - y).square().mean()


def kept_in_part(output: Tensor, y: Tensor) -> Tensor:
    return ((output - y).square() * torch.bernoulli(torch.full_like(y, 0.9))).mean()


def trained(loss_of: object, seed: int, outputs: int) -> Case:
    with seeded(seed):
        model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, outputs))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for _ in range(6):
                x = torch.randn(256, 3)
                y = x[:, :1] if outputs == 1 else x.argmax(1, keepdim=True)
                optimizer.zero_grad()
                loss_of(model(x), y).backward()  # type: ignore[operator]
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(("loss_of", "outputs"), [(switched, 1), (picked, 5)])
@pytest.mark.parametrize("seed", range(6))
def test_no_copy_is_trained_on_what_the_model_chose(loss_of: object, outputs: int, seed: int) -> None:
    case = trained(loss_of, seed, outputs)
    assert case.loss_of is None
    assert any("drawn from the output" in gap for gap in case.seen.gaps)


@pytest.mark.parametrize("loss_of", [blurred, kept_in_part])
def test_noise_beside_the_output_is_drawn_anew(loss_of: object) -> None:
    case = trained(loss_of, 0, 1)
    assert case.loss_of is not None
    assert any("draws random numbers" in gap for gap in case.seen.gaps)
