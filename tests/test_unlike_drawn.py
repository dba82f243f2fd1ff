"""Weights far larger than their module draws them, where no layer shows it by its signal; and draws that are meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.unlike_drawn import one_number_throughout, unlike_its_draw

STEPS = 150


class Counts(nn.Module):
    """Reads a row of numbers with a recurrent layer, and tells their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.GRU(2, 24, batch_first=True), nn.Linear(24, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0][:, -1])[:, 0]


class Tagger(nn.Module):
    """A transformer, in which the weights are drawn as in GPT-2."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(2, 32)
        self.layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.head = nn.Linear(32, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(self.enter(x)).mean(1))[:, 0]


def trained(net: nn.Module, draw: Callable[[nn.Module], None], lr: float = 0.01) -> Case:
    with seeded(0), torch.no_grad():
        for module in net.modules():
            draw(module)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    with seeded(1), watch(net, optimizer) as watching:
        for x in torch.randn(STEPS, 32, 8, 2):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), 2 * x[:, :, 0].mean(1))
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


def nothing(module: nn.Module) -> None:
    """As torch draws them."""


def tenfold(module: nn.Module) -> None:
    if isinstance(module, nn.GRU):
        for param in module.parameters():
            param.mul_(10)


def orthogonal(module: nn.Module) -> None:
    if isinstance(module, nn.GRU):
        for param in module.parameters():
            if param.ndim > 1:
                nn.init.orthogonal_(param)


def small(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)


def last_is_zero(module: nn.Module) -> None:
    if isinstance(module, nn.Linear) and module.out_features == 1:
        nn.init.zeros_(module.weight)


def hundredth(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.GRU):
        for param in module.parameters():
            if param.ndim > 1:
                param.div_(100)


def last_is_small(module: nn.Module) -> None:
    if isinstance(module, nn.Linear) and module.out_features == 1:
        module.weight.div_(100)


def one_number(module: nn.Module) -> None:
    for param in module.parameters(recurse=False):
        param.fill_(0.05)


class Masked(nn.Module):
    """Two layers, whose units a mask of dropout tells apart, and in the last one the targets."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.drop, self.head = nn.Linear(16, 48), nn.Dropout(0.2), nn.Linear(48, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.drop(torch.relu(self.enter(x.flatten(1)))))[:, 0]


def test_weights_that_are_far_too_small_need_to_help_less() -> None:
    reading = PROBES["bad-init-scale"](trained(Counts(), hundredth, lr=0.0001))
    assert reading.found, str(reading)
    assert "times as small" in reading.sentence


def test_weights_of_one_number_are_alike_though_dropout_parts_them() -> None:
    case = trained(Masked(), one_number)
    assert not torch.equal(*next(iter(case.now.model.parameters()))[:2])
    reading = PROBES["symmetric-init"](case)
    assert reading.found, str(reading)
    assert "of each of 2 layers are one number" in reading.sentence


@pytest.mark.parametrize(("kind", "draw"), [(Masked, nothing), (Tagger, last_is_small), (Tagger, last_is_zero)])
def test_a_last_layer_that_starts_small_is_no_such_case(
    kind: type[nn.Module], draw: Callable[[nn.Module], None]
) -> None:
    case = trained(kind(), draw, lr=0.003)
    assert unlike_its_draw(case) is None
    assert one_number_throughout(case) is None
    assert not PROBES["symmetric-init"](case).found


def test_a_recurrent_layer_with_weights_that_are_too_large_is_found() -> None:
    with seeded(0):
        case = trained(Counts(), tenfold)
    reading = PROBES["bad-init-scale"](case)
    assert reading.found, str(reading)
    assert "'rnn' are 10 times as large as GRU draws them" in reading.sentence
    assert reading.trial is not None
    assert reading.trial.change == "those weights were drawn by their modules"


@pytest.mark.parametrize(
    ("kind", "draw"), [(Counts, nothing), (Counts, orthogonal), (Counts, last_is_zero), (Tagger, small)]
)
def test_draws_that_are_meant_are_not_accused(kind: type[nn.Module], draw: Callable[[nn.Module], None]) -> None:
    with seeded(0):
        case = trained(kind(), draw, lr=0.003)
    assert unlike_its_draw(case) is None


def with_large_answers() -> Case:
    """The last layer makes what it gets 19 times larger."""
    with seeded(0):
        model = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
        with torch.no_grad():
            model[4].weight.mul_(60)
        x = torch.randn(2000, 6)
        y = torch.sin(x[:, :1]) + 0.3 * torch.randn(2000, 1)
        optimizer = torch.optim.Adam(model.parameters(), 3e-3)
        with watch(model, optimizer) as watching:
            for rows in torch.randint(0, 2000, (STEPS, 32)):
                loss = F.mse_loss(model(x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize(("end", "found"), [(0.4, True), (0.15, False)])
def test_a_large_layer_is_no_cause_where_the_training_comes_down_all_the_same(end: float, found: bool) -> None:
    """The mended copies end at 0.13, and begin at 0.6."""
    case = with_large_answers()
    ran_on = case.seen.ran_on
    went_on = ran_on._replace(values=(*ran_on.values[:-30], *(end,) * 30))
    assert PROBES["bad-init-scale"](replace(case, seen=replace(case.seen, ran_on=went_on))).found is found
