"""Copies of a model and its optimiser, on which a test trains: they train as the originals would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lossbook.copying import copied, copied_model
from lossbook.optim import OPTIMIZERS, SGD, Adam, Lion, TorchOptimizer, lr_factor, next_lr, set_lr_factor
from lossbook.schedules import Exponential


class KeepsItsOutput(nn.Linear):
    """A model that keeps its outputs, in an attribute and in nested containers."""

    def __init__(self) -> None:
        super().__init__(3, 2)
        self.said: Any = None
        self.log: list[dict[str, Tensor]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.said = super().forward(x)
        self.log.append({"output": self.said})
        return self.said


class HoldsALock(nn.Linear):
    def __init__(self) -> None:
        super().__init__(3, 2)
        self.lock, self.locks = threading.Lock(), {"again": threading.RLock()}


class WithMemory(torch.optim.SGD):
    """An optimiser with attributes of its own, as LBFGS has: the parameters once more, and a number."""

    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, lr=lr)
        self.held, self.count = list(self.param_groups[0]["params"]), 0

    def step(self, closure: Any = None) -> Any:
        self.count += 1
        with torch.no_grad():
            for param in self.held:
                param -= self.param_groups[0]["lr"] * self.count * param.grad


MODELS: dict[str, Callable[[], nn.Module]] = {
    "plain": lambda: nn.Linear(3, 2),
    "keeps its output": KeepsItsOutput,
    "holds a lock": HoldsALock,
    "weight norm": lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)),
    "an LSTM": lambda: nn.Sequential(nn.LSTM(3, 2), Last()),
    "batch norm": lambda: nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)),
}


class Last(nn.Module):
    def forward(self, pair: Any) -> Tensor:
        return pair[0]  # type: ignore[no-any-return]


OPTIMIZERS_OF: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    **{name: lambda params, rule=rule: TorchOptimizer(params, rule) for name, rule in OPTIMIZERS.items()},
    **{
        f"torch's {name}": lambda params, rule=rule: rule.to_torch(params)
        for name, rule in OPTIMIZERS.items()
        if not isinstance(rule, Lion)
    },
    "a schedule": lambda params: TorchOptimizer(params, Adam(lr=Exponential(0.1, 0.5))),
    "torch's with a schedule": lambda params: Adam(lr=Exponential(0.1, 0.5)).to_torch(params),
    "LBFGS": lambda params: torch.optim.LBFGS(params, lr=0.1, max_iter=3),
    "attributes of its own": lambda params: WithMemory(params, lr=0.1),
    "NAdam": lambda params: torch.optim.NAdam(params, lr=0.1),
}


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    x, losses = torch.linspace(-1, 1, 12).reshape(4, 3), []

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        if isinstance(optimizer, torch.optim.LBFGS):
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
    return losses


def pair(model: str, optimizer: str) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    net = MODELS[model]()
    return net, OPTIMIZERS_OF[optimizer](net.parameters())


@pytest.mark.parametrize("optimizer", OPTIMIZERS_OF)
@pytest.mark.parametrize("model", MODELS)
def test_a_copy_trains_on_as_the_original_does_and_leaves_it_alone(model: str, optimizer: str) -> None:
    with torch.random.fork_rng():
        net, trainer = pair(model, optimizer)
        train(net, trainer, 3)
        other, copy = copied(net, trainer)
        stood = [param.detach().clone() for param in net.parameters()]
        losses = train(other, copy, 4)
        assert all(map(torch.equal, stood, net.parameters()))
        assert train(net, trainer, 4) == losses
        assert type(copy) is type(trainer)
        held = {id(param) for group in copy.param_groups for param in group["params"]}
        assert held == {id(param) for param in other.parameters()}


def test_a_kept_output_is_cut_off_from_the_graph_and_stands_in_the_same_place() -> None:
    model = KeepsItsOutput()
    model(torch.ones(1, 3))
    other = copied_model(model)
    assert torch.equal(other.said, model.said)
    assert other.said is other.log[0]["output"]
    assert not other.said.requires_grad
    assert model.said.requires_grad


def test_a_lock_is_made_anew() -> None:
    model = HoldsALock()
    with model.lock:
        other = copied_model(model)
        assert other.lock.acquire(blocking=False)
    assert other.locks["again"].acquire(blocking=False)


@pytest.mark.parametrize(
    "make",
    [
        lambda params: TorchOptimizer(params, SGD(lr=0.5)),
        lambda params: SGD(lr=Exponential(0.5, 0.5)).to_torch(params),
        lambda params: torch.optim.SGD(params, lr=0.5),
    ],
)
def test_a_factor_on_the_rate_is_copied(make: Any) -> None:
    model = nn.Linear(3, 2)
    optimizer = make(model.parameters())
    set_lr_factor(optimizer, 0.1)
    train(model, optimizer, 2)
    other, copy = copied(model, optimizer)
    assert (lr_factor(copy), next_lr(copy)) == (0.1, next_lr(optimizer))
    assert train(other, copy, 3) == train(model, optimizer, 3)


def test_an_optimiser_that_a_scheduler_of_torchs_drives_is_copied_without_it() -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    train(model, optimizer, 1)
    scheduler.step()
    other, copy = copied(model, optimizer)
    train(other, copy, 2)
    assert next_lr(copy) == next_lr(optimizer) == 0.25


def test_what_cannot_be_copied_is_named() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model[1].told = (word for word in ("a", "generator"))
    with pytest.raises(
        TypeError, match=r"model.1.told must be something that copy.deepcopy can copy, .* got TypeError"
    ):
        copied(model, optimizer)
    del model[1].told
    optimizer.stream = (word for word in ("a", "generator"))  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"optimizer.stream must be something that copy.deepcopy can copy"):
        copied(model, optimizer)
