"""What a loop writes into the batches of a list, and what a data set does at random to the examples that it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from lossbook.evidence import Case, watch
from lossbook.evidence.entered import Entered
from lossbook.probes import PROBES, helps, trial_of

N, WIDTH, BATCHES, EPOCHS = 24, 20, 6, 5
Change = Callable[[Tensor], Tensor]


def of_a_list(change: Change) -> Case:
    """A net that learns a number of each row; the rows are kept as a list of batches."""
    with seeded(0):
        net = nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        data = [(x, x[:, :3].sum(1, keepdim=True)) for x in torch.randn(BATCHES, N, WIDTH)]
        with watch(net, optimizer, data=data) as watching:
            for _ in range(EPOCHS):
                for x, y in data:
                    loss = F.mse_loss(net(change(x)), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    watching.step(loss)
    return watching.case()


def masked(x: Tensor) -> Tensor:
    x[torch.rand(x.shape) < 0.2] = 0.0
    return x


def standardised_once(x: Tensor) -> Tensor:
    return x if abs(float(x.mean())) < 1e-6 else x.sub_(x.mean()).div_(x.std())


def another_noise(x: Tensor) -> Tensor:
    """A place is kept for it."""
    return x.copy_(torch.randn(x.shape))


WRITTEN: dict[str, tuple[Change, bool]] = {
    "noise is added": (lambda x: x.add_(0.2 * torch.randn(x.shape)), True),
    "numbers are masked": (masked, True),
    "noise is added to a copy": (lambda x: x + 0.2 * torch.randn(x.shape), False),
    "they are standardised once": (standardised_once, False),
    "they are drawn anew into one place": (another_noise, False),
    "nothing": (lambda x: x, False),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_piles_up_in_the_batches_of_a_list_is_found(name: str) -> None:
    change, found = WRITTEN[name]
    reading = PROBES["data-changed-in-place"](of_a_list(change))
    assert reading.found == found, reading


def test_tensors_that_are_no_more_and_other_kinds_of_them_are_passed_over() -> None:
    data = [torch.randn(4, 5), torch.ones(3, 3, dtype=torch.long), torch.randn(4, 4).to_sparse(), torch.empty(0)]
    entered = Entered(data)
    for step in range(4):
        entered.note(data, step)
        entered.note(data, step)  # the model was called twice
        data[0].add_(1.0)
    assert entered.share() == 1.0
    data.clear()
    assert entered.share() is None
    assert Entered(DataLoader([torch.ones(9)])).share() is None  # type: ignore[arg-type]


class Waves(Dataset[Any]):
    """Waves of three lengths; what is done to each when it is read?"""

    def __init__(self, how: str, n: int = 400) -> None:
        self.how, self.kinds = how, torch.randint(0, 3, (n,))
        at = torch.arange(32) / 32
        self.waves = torch.sin(6.3 * (2.0 + 2.0 * self.kinds[:, None]) * at + 6.3 * torch.rand(n, 1))

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, i: int) -> Any:
        x, y = self.waves[i], self.kinds[i]
        if self.how == "loud noise":
            return x + 20.0 * torch.randn(x.shape), y
        if self.how == "faint noise":
            return x + 0.2 * torch.randn_like(x), y
        if self.how == "shifts and flips":
            x = x.roll(int(torch.randint(0, 8, ())))
            return (-x if torch.rand(()) < 0.5 else x) * torch.empty(()).uniform_(0.8, 1.2), y
        if self.how == "noise to take away":  # the target is what was there before
            return x + 20.0 * torch.randn(x.shape), x
        if self.how == "drawn anew":
            kind = int(torch.randint(0, 3, ()))
            return torch.sin(6.3 * (2 + 2 * kind) * torch.arange(32) / 32) + 20.0 * torch.randn(32), kind
        return x, y


def of_a_data_set(how: str) -> Case:
    with seeded(0):
        data = DataLoader(Waves(how), batch_size=20, shuffle=True)
        net = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32 if how == "noise to take away" else 3))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        loss_fn: nn.Module = nn.MSELoss() if how == "noise to take away" else nn.CrossEntropyLoss()
        with watch(net, optimizer, data=data, loss_fn=loss_fn) as watching:
            for _ in range(2):
                for x, y in data:
                    loss = loss_fn(net(x), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
    return watching.case()


@pytest.mark.parametrize("how", ["loud noise", "faint noise", "shifts and flips"])
def test_noise_in_which_nothing_is_left_of_the_examples_is_found(how: str) -> None:
    case = of_a_data_set(how)
    assert len(case.unvaried) >= 8
    reading = PROBES["augmentation-too-strong"](case)
    assert reading.found == (how == "loud noise"), reading
    if reading.found:
        mend = PROBES["augmentation-too-strong"].mend(case)  # type: ignore[misc]
        assert mend is not None
        assert helps(trial_of(case, mend))


@pytest.mark.parametrize("how", ["nothing", "noise to take away", "drawn anew"])
def test_examples_that_are_not_varied_or_whose_targets_are_too_are_not_read_again(how: str) -> None:
    assert of_a_data_set(how).unvaried == ()
