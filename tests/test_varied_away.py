"""A variation at random that changes the answer, in a program of another kind than the one that showed it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from lossbook.evidence import watch
from lossbook.probes import PROBES

LONG = 32


def turned(x: Tensor) -> Tensor:
    return x.flip(-1) if torch.rand(()) < 0.5 else x


def noisy(x: Tensor) -> Tensor:
    return x + 0.3 * torch.randn(x.shape)


class Chirps(Dataset):
    """Tones that rise or fall, fast or slowly: four classes."""

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        t = torch.linspace(0, 1, LONG)
        self.y, self.change = torch.randint(0, 4, (800,)), change
        pitch = torch.where(self.y[:, None] % 2 == 0, t**2, 1 - (1 - t) ** 2) * (3 + 2 * (self.y[:, None] // 2))
        pitch = pitch + torch.rand(800, 1)  # a phase: turned round, one that rises is one that falls
        self.x = torch.sin(6.28 * pitch)[:, None] + 0.1 * torch.randn(800, 1, LONG)

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.change(self.x[i]), self.y[i]


@pytest.mark.parametrize(("change", "found"), [(turned, True), (noisy, False)])
def test_a_variation_that_changes_the_answer_is_too_strong(change: Callable[[Tensor], Tensor], *, found: bool) -> None:
    with seeded(0):
        layers = [nn.Conv1d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool1d(4), nn.Flatten(), nn.Linear(96, 4)]
        model, loader = nn.Sequential(*layers), DataLoader(Chirps(change), batch_size=25, shuffle=True)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
        with watch(model, optimizer, data=loader) as watching:
            for _ in range(6):
                for x, y in loader:
                    loss = F.cross_entropy(model(x), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    watching.step(loss)
    case = watching.case()
    assert case.unvaried
    reading = PROBES["augmentation-too-strong"](case)
    assert reading.found is found, reading
