"""A state that is detached at every step, or now and then, or where that does no harm."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

LENGTH, SYMBOLS, WIDTH = 8, 4, 24


class Reader(nn.Module):
    """A recurrent net that reads symbols.

    Args:
        cut: after so many steps the state is detached; 0: never.
        fixed: the recurrent weights are drawn once, and a readout is learned that sees the last symbol, too.
    """

    def __init__(self, cut: int, *, fixed: bool = False) -> None:
        super().__init__()
        self.cut, self.fixed = cut, fixed
        self.read = nn.Embedding(SYMBOLS, WIDTH)
        self.cell = nn.RNNCell(WIDTH, WIDTH).requires_grad_(not fixed)
        self.out = nn.Linear(2 * WIDTH, 1)

    def forward(self, symbols: Tensor) -> Tensor:
        h, read = torch.zeros(len(symbols), WIDTH), self.read(symbols)
        for t in range(LENGTH):
            if self.cut and t % self.cut == 0:
                h = h.detach()
            h = self.cell(read[:, t], h)
        return self.out(torch.cat([h.detach() if self.fixed else h, read[:, -1]], dim=1))[:, 0]


def trained(model: nn.Module, *, last: bool = False) -> Case:
    """The count of one symbol among all; or which one the last is."""
    with seeded(1):
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
        with watch(model, optimizer) as watching:
            for _ in range(240):
                symbols = torch.randint(SYMBOLS, (32, LENGTH))
                y = symbols[:, -1] if last else (symbols == 0).sum(1)
                optimizer.zero_grad()
                F.mse_loss(model(symbols), y.float()).backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(
    ("cut", "fixed", "last", "found"),
    [(1, False, False, True), (0, False, False, False), (4, False, False, False), (1, False, True, False)],
)
def test_a_state_that_is_cut_at_every_step(cut: int, fixed: bool, last: bool, found: bool) -> None:
    with seeded(0):
        model = Reader(cut, fixed=fixed)
    reading = PROBES["graph-detached"](trained(model, last=last))
    assert reading.found is found, reading
    if found:
        assert "1 sends a gradient back" in reading.sentence


def test_a_readout_of_fixed_recurrent_weights_is_meant() -> None:
    """An echo state network, whose weights are no parameters."""
    with seeded(0):
        model = Reader(0, fixed=True)
    assert not PROBES["graph-detached"](trained(model)).found


class Remembers(nn.Module):
    """Sees vectors, the time first; its answer at the last one hangs on the state that was left by all before."""

    def __init__(self, cut: bool) -> None:
        super().__init__()
        self.cut, self.cell, self.out = cut, nn.GRUCell(2, 16), nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        h, answers = torch.zeros(x.shape[1], 16), list[Tensor]()
        for each in x:
            h = self.cell(each, h.data if self.cut else h)
            answers.append(self.out(h))
        return torch.stack(answers)


@pytest.mark.parametrize("cut", [True, False])
def test_an_answer_at_each_place_with_the_time_first(cut: bool) -> None:
    with seeded(0):
        model = Remembers(cut)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for _ in range(240):
                x = torch.randn(LENGTH, 32, 2)
                late = F.pad(x[:-3, :, :1], (0, 0, 0, 0, 3, 0))
                optimizer.zero_grad()
                F.mse_loss(model(x), late).backward()
                optimizer.step()
    assert PROBES["graph-detached"](watching.case()).found is cut


class Continues(nn.Module):
    """Gets a state beside the symbols, or their vectors, and gives it back beside the answer."""

    def __init__(self, cut: bool, symbols: bool) -> None:
        super().__init__()
        self.cut, self.cell, self.out = cut, nn.GRUCell(SYMBOLS, WIDTH), nn.Linear(WIDTH, 1)
        self.read = nn.Embedding(SYMBOLS, SYMBOLS) if symbols else nn.Identity()

    def forward(self, given: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        for each in self.read(given).unbind(1):
            state = self.cell(each, state.detach() if self.cut else state)
        return self.out(state)[:, 0], state


@pytest.mark.parametrize(
    ("symbols", "cut", "goes_on"),
    [(True, True, False), (False, True, False), (False, False, False), (False, False, True)],
)
def test_a_state_that_the_loop_gives_and_may_cut_between_pieces(symbols: bool, cut: bool, goes_on: bool) -> None:
    with seeded(0):
        model, state = Continues(cut, symbols), torch.zeros(32, WIDTH)
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
        with watch(model, optimizer) as watching:
            for _ in range(160):
                drawn = torch.randint(SYMBOLS, (32, LENGTH))
                answer, last = model(drawn if symbols else F.one_hot(drawn, SYMBOLS).float(), state)
                optimizer.zero_grad()
                F.mse_loss(answer, drawn[:, 1].float()).backward()
                optimizer.step()
                state = last.detach() if goes_on else state
    assert PROBES["graph-detached"](watching.case()).found is cut
