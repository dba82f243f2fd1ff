"""Models that give their one tensor in a dict or a tuple, where the reader's own loss looks for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

RARE = 0.04  #: of the places


class Made(NamedTuple):
    logits: Tensor
    name: str = "made"


#: how the output is wrapped, and how the loss takes it out
WAYS: dict[str, tuple[Callable[[Tensor], Any], Callable[[Any], Tensor]]] = {
    "dict": (lambda made: {"out": made}, lambda given: given["out"]),
    "mapping": (lambda made: OrderedDict(out=made), lambda given: given["out"]),
    "tuple": (lambda made: (made, None), lambda given: given[0]),
    "named": (Made, lambda given: given.logits),
}


class Marks(nn.Module):
    """Yes or no for each place of a sequence, wrapped."""

    def __init__(self, wrap: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.net, self.wrap = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 2)), wrap

    def forward(self, x: Tensor) -> Any:
        return self.wrap(self.net(x[..., None]).transpose(1, 2))


def places(way: str, *, weighed: bool = False, held: int = 32) -> Case:
    """One place in twenty-five is marked, which the number there makes likely."""
    wrap, unwrap = WAYS[way]
    weight = torch.tensor([RARE, 1.0]) if weighed else None
    with seeded(0):
        model = Marks(wrap)
        optimizer = torch.optim.SGD(model.parameters(), 0.1)

        def loss_fn(given: Any, y: Tensor) -> Tensor:
            return F.cross_entropy(unwrap(given), y, weight=weight)

        with watch(model, optimizer, loss_fn=loss_fn) as watching:
            for _ in range(80):
                y = (torch.rand(held, 20) < RARE).long()
                x = 3.0 * y + torch.randn(held, 20)
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                optimizer.step()
                watching.step(loss)
        return watching.case()


@pytest.mark.parametrize("way", WAYS)
def test_the_tensor_is_the_output(way: str) -> None:
    """And the loss is the reader's own, of that tensor."""
    case = places(way)
    batch = case.batches[0]
    output = batch.output(case.start.model)
    assert isinstance(output, Tensor)
    assert case.loss is not None
    assert case.loss_of is not None
    assert torch.equal(case.loss(output, batch.target), F.cross_entropy(output, batch.target))
    assert torch.equal(case.loss_of(case.start.model, batch), F.cross_entropy(output, batch.target))


def test_what_is_asked_of_outputs_is_asked_there() -> None:
    assert PROBES["class-imbalance"](places("dict")).found
    assert not PROBES["class-imbalance"](places("dict", weighed=True)).found


def test_of_two_tensors_none_is_the_output() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = nn.Linear(4, 3), nn.Linear(4, 1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"kind": self.one(x), "size": self.other(x)}

    def loss_fn(given: dict[str, Tensor], y: Tensor) -> Tensor:
        return F.cross_entropy(given["kind"], y) + given["size"].square().mean()

    with seeded(0):
        model = Both()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        with watch(model, optimizer, loss_fn=loss_fn) as watching:
            for _ in range(8):
                x = torch.randn(16, 4)
                optimizer.zero_grad()
                loss = loss_fn(model(x), x.argmax(1) % 3)
                loss.backward()
                optimizer.step()
                watching.step(loss)
        case = watching.case()
    assert sorted(case.batches[0].output(case.start.model)) == ["kind", "size"]
