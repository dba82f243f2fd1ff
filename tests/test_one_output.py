"""Models that give several things at once: their own loss beside the output, or a dict of which one leaf counts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, STEPS = 32, 40


class Tagger(nn.Module):
    """A class for each place of a sequence; the loss is made of one long list of places."""

    def __init__(self, *, needs: bool = False, drops: bool = False) -> None:
        super().__init__()
        self.table, self.rnn, self.head = nn.Embedding(12, 8), nn.GRU(8, 16, batch_first=True), nn.Linear(16, 3)
        self.needs, self.drop = needs, nn.Dropout(0.1 if drops else 0.0)

    def forward(self, ids: Tensor, labels: Tensor | None = None) -> Any:
        logits = self.head(self.drop(self.rnn(self.table(ids))[0]))
        if labels is None:
            return None if self.needs else (logits,)
        return F.cross_entropy(logits.view(-1, 3), labels.view(-1)), logits


class Sized(nn.Module):
    """A number for each row, the loss by name, in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
        self.loss = nn.SmoothL1Loss()

    def forward(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        made = self.net(x)
        return {"made": made} if y is None else {"made": made, "loss": self.loss(made, y)}


def watched(model: nn.Module, *, by_name: bool, shuffled: bool = False) -> Case:
    """It trains on its own loss."""
    tags = isinstance(model, Tagger)
    with seeded(0):
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        name = "labels" if tags else "y"
        with watch(model, optimizer) as watching:
            for step in range(STEPS + 1):
                x = torch.randint(12, (N, 6)) if tags else torch.randn(N, 4)
                y = x % 3 if tags else x.sum(1, keepdim=True)
                y = y[torch.randperm(N)] if shuffled else y
                if step == STEPS:
                    with torch.no_grad():
                        model.eval()(x, **{name: y})
                    break
                given = model(x, **{name: y}) if by_name else model(x, y)
                loss = given["loss"] if isinstance(given, dict) else given[0]
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("make", [Tagger, Sized, lambda: Tagger(drops=True)])
def test_the_target_is_no_argument_any_longer(make: Any, by_name: bool) -> None:
    with seeded(0):
        model = make()
    case = watched(model, by_name=by_name)
    batch = case.batches[0]
    assert case.loss is not None
    assert len(batch.inputs) == 1
    assert not batch.kwargs
    assert isinstance(batch.output(model), Tensor)
    assert batch.target.shape[0] == N
    assert case.held_out is not None
    assert case.held_out.target.shape == batch.target.shape
    assert not any(PROBES[key](case).found for key in ("target-leak", "labels-misaligned", "batch-mixing"))


def test_its_loss_is_that_of_the_training() -> None:
    with seeded(0):
        case = watched(Sized(), by_name=True)
    assert case.loss_of is not None
    now = float(case.loss_of(case.start.model, case.batches[0]).detach())
    assert now == pytest.approx(case.log.loss.values[0], rel=1e-5)


def test_labels_of_other_rows_are_seen_in_it() -> None:
    with seeded(0):
        case = watched(Sized(), by_name=True, shuffled=True)
    assert PROBES["labels-misaligned"](case).found


def test_a_model_that_cannot_do_without_its_target_keeps_it() -> None:
    with seeded(0):
        case = watched(Tagger(needs=True), by_name=True)
    assert case.loss is None
    assert case.loss_of is not None
    assert list(case.batches[0].kwargs) == ["labels"]
    assert case.held_out is None


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_of_a_dict_the_loss_gets_one_leaf() -> None:
    with seeded(0):
        model = Sized()
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                x = torch.randn(N, 4)
                loss = F.mse_loss(model(x)["made"], x.sum(1))  # a column beside a row
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    case = watching.case()
    assert isinstance(case.batches[0].output(model), Tensor)
    assert PROBES["broadcast-loss"](case).found


class Keyed(nn.Module):
    """It takes the whole batch, as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(4, 1)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return self.net(batch["x"])


def test_a_target_within_the_batch_that_the_model_gets_is_no_input() -> None:
    with seeded(0):
        model = Keyed()
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                x = torch.randn(N, 4)
                batch = {"x": x, "y": x.sum(1, keepdim=True)}
                loss = F.mse_loss(model(batch), batch["y"])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    first = watching.case().batches[0]
    assert list(first.inputs[0]) == ["x"]
    assert first.x is not None


@pytest.mark.parametrize("factor", [-1.0, 0.25])
def test_a_multiple_of_a_loss_of_torch_is_known(factor: float) -> None:
    class Times(Sized):
        def forward(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
            given = super().forward(x, y)
            return given if y is None else given | {"loss": factor * given["loss"]}

    with seeded(0):
        case = watched(Times(), by_name=True)
    assert case.loss is not None
    assert PROBES["loss-sign-flipped"](case).found == (factor < 0)
