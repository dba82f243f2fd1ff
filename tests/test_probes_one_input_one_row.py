"""One of two inputs that never arrives, rows of targets that are all the same, and targets that number the rows."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lossbook
from lossbook.evidence import Batch, Case
from lossbook.probes import PROBES


class _Two(nn.Module):
    """Foretells a number from two readings; of a wrong one, the second never arrives."""

    def __init__(self, *, right: bool) -> None:
        super().__init__()
        self.one, self.two, self.last = nn.Linear(4, 12), nn.Linear(5, 12), nn.Linear(24, 1)
        self.right = right

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        b = self.two(b) if self.right else self.two(b).relu() * 0
        return self.last(torch.cat([self.one(a).tanh(), b.tanh()], 1))


def _case(model: nn.Module, inputs: tuple[Tensor, ...], y: Tensor, loss_fn, steps: int = 40, size: int = 32) -> Case:
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    with lossbook.watch(model, optimizer) as watching:
        for step in range(steps):
            rows = torch.arange(step * size, (step + 1) * size) % len(y)
            given, wanted = [each[rows] for each in inputs], y[rows]
            loss = loss_fn(model(*given), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("told", [True, False])
def test_the_second_of_two_inputs(right: bool, told: bool) -> None:
    """Where the targets hang on it; and where nothing tells of them, so that the loss stays, but both arrive."""
    g = torch.Generator().manual_seed(1)
    a, b = torch.randn(320, 4, generator=g), torch.randn(320, 5, generator=g)
    y = b[:, :1] * 3 if told else torch.randn(320, 1, generator=g)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        case = _case(_Two(right=right), (a, b), y, nn.MSELoss())
    assert PROBES["input-ignored"](case).found is not right


def _words(y: Tensor) -> Case:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Embedding(9, 16), nn.GRU(16, 24, batch_first=True))
        model = _Tagger(model, 6)
    x = torch.randint(0, 9, (len(y), 5), generator=torch.Generator().manual_seed(2))
    return _case(model, (x,), y, lambda out, y: F.cross_entropy(out.flatten(0, 1), y.flatten()), 300)


class _Tagger(nn.Module):
    def __init__(self, body: nn.Sequential, kinds: int) -> None:
        super().__init__()
        self.body, self.last = body, nn.Linear(24, kinds)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.body(x)[0])


def test_the_same_tags_for_every_sentence() -> None:
    assert PROBES["degenerate-targets"](_words(torch.tensor([[1, 3, 0, 2, 5]]).expand(320, -1).clone())).found
    mixed = torch.randint(0, 6, (320, 5), generator=torch.Generator().manual_seed(3))
    assert not PROBES["degenerate-targets"](_words(mixed)).found


def test_a_target_that_numbers_the_rows_begins_anew_in_each_piece() -> None:
    x = torch.randn(7, 2)
    assert [each.target.tolist() for each in Batch.of(x, torch.arange(7)).split(3)] == [[0, 1, 2], [0, 1, 2], [0]]
    classes = torch.tensor([0, 1, 2, 3, 4, 5, 5])
    assert [each.target.tolist() for each in Batch.of(x, classes).split(3)] == [[0, 1, 2], [3, 4, 5], [5]]
