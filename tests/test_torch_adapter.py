"""Our rules as a real torch optimiser."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from lossbook.optim import OPTIMIZERS, SGD, Adam, Lion, Rule, TorchOptimizer, TorchTwin
from lossbook.optim.chunks import CACHE
from lossbook.optim.torch_adapter import make_optimizer
from lossbook.schedules import Exponential

rows = pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
TWINS = {name: rule for name, rule in OPTIMIZERS.items() if not isinstance(rule, Lion)}
SCHEDULED = {f"{name}, schedule": replace(rule, lr=Exponential(lr=0.02, gamma=0.97)) for name, rule in TWINS.items()}


def model(dtype: torch.dtype = torch.float64) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)).to(dtype)
    with torch.no_grad():
        for param in net.parameters():
            param.copy_(torch.randn(param.shape, generator=generator, dtype=dtype))
    return net


def train(net: nn.Module, optimizer: torch.optim.Optimizer, steps: int, scheduler: Any = None) -> list[float]:
    x = torch.linspace(-1, 1, 15, dtype=next(net.parameters()).dtype).reshape(3, 5)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (net(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("rule", [*TWINS.values(), *SCHEDULED.values()], ids=[*TWINS, *SCHEDULED])
def test_trains_a_module_as_torch_does(rule: Rule) -> None:
    mine, twin = model(), model()
    losses = train(mine, make_optimizer(rule, mine.parameters()), 100)
    expected = train(twin, make_optimizer(TorchTwin(rule), twin.parameters()), 100)
    assert losses[-1] < losses[0]
    torch.testing.assert_close(torch.tensor(losses), torch.tensor(expected), rtol=1e-12, atol=1e-14)


@rows
def test_a_saved_run_goes_on_bit_for_bit(rule: Rule, tmp_path: Any) -> None:
    through, stopped = model(torch.float32), model(torch.float32)
    whole = train(through, TorchOptimizer(through.parameters(), rule), 20)
    optimizer = TorchOptimizer(stopped.parameters(), rule)
    head = train(stopped, optimizer, 8)
    torch.save({"net": stopped.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "run.pt")

    resumed = model(torch.float32)
    saved = torch.load(tmp_path / "run.pt", weights_only=True)
    resumed.load_state_dict(saved["net"])
    again = TorchOptimizer(resumed.parameters(), rule)
    again.load_state_dict(saved["optimizer"])
    assert head + train(resumed, again, 12) == whole


@rows
@pytest.mark.parametrize("contiguous", [True, False])
def test_a_large_parameter_moves_as_a_whole_one(rule: Rule, contiguous: bool) -> None:
    start = torch.linspace(-1, 1, 2 * (CACHE["torch"] + 7)).reshape(2, -1)
    param = nn.Parameter(start.clone() if contiguous else start.T.contiguous().T)
    assert param.is_contiguous() == contiguous
    optimizer = TorchOptimizer([param], rule)
    expected, state = start.clone(), rule.init(start)
    for step in range(3):
        grad = torch.cos(start * (step + 1))
        delta, state = rule.update(grad, state, expected)
        expected = expected + delta
        param.grad = grad
        optimizer.step()
    assert torch.equal(param, expected)


def test_a_copied_optimiser_goes_on() -> None:
    param = nn.Parameter(torch.ones(2))
    optimizer = TorchOptimizer([param], Adam(lr=0.1))
    param.grad = torch.ones(2)
    optimizer.step()
    twin = pickle.loads(pickle.dumps(optimizer))
    (other,) = twin.param_groups[0]["params"]
    other.grad = torch.ones(2)
    optimizer.step()
    twin.step()
    assert torch.equal(param, other)
    assert not torch.equal(param, torch.ones(2))


def test_groups_have_their_own_knobs() -> None:
    slow, fast = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    groups: list[dict[str, Any]] = [{"params": [slow]}, {"params": [fast], "lr": 0.5}]
    optimizer = TorchOptimizer(groups, SGD(lr=0.1))
    slow.grad = fast.grad = torch.ones(2)
    optimizer.step()
    assert torch.equal(slow, torch.full((2,), -0.1))
    assert torch.equal(fast, torch.full((2,), -0.5))


def test_a_parameter_without_gradient_stays() -> None:
    still, moved = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = TorchOptimizer([still, moved], Adam(lr=0.1))
    moved.grad = torch.ones(2)
    optimizer.step()
    assert torch.equal(still, torch.ones(2))
    assert not torch.equal(moved, torch.ones(2))
    assert still not in optimizer.state


def test_torch_schedulers_drive_it() -> None:
    mine, twin = model(), model()
    rule = SGD(lr=0.2, momentum=0.9)
    ours, theirs = TorchOptimizer(mine.parameters(), rule), rule.to_torch(twin.parameters())
    losses = [
        train(net, optimizer, 30, torch.optim.lr_scheduler.StepLR(optimizer, step_size=10))
        for net, optimizer in ((mine, ours), (twin, theirs))
    ]
    assert ours.param_groups[0]["lr"] == pytest.approx(0.2 * 0.1**3)
    torch.testing.assert_close(torch.tensor(losses[0]), torch.tensor(losses[1]), rtol=1e-12, atol=1e-14)


def test_a_closure_gives_the_loss() -> None:
    weight = nn.Parameter(torch.tensor([3.0]))
    optimizer = TorchOptimizer([weight], SGD(lr=0.1))

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9.0
    assert weight.item() == pytest.approx(2.4)


def test_a_bad_group_is_refused_at_the_step_and_nothing_moves() -> None:
    weight = nn.Parameter(torch.ones(2))
    optimizer = TorchOptimizer([weight], SGD(lr=0.1))
    weight.grad = torch.ones(2)
    optimizer.param_groups[0]["lr"] = -1.0
    with pytest.raises(ValueError, match=r"lr must lie in \[0, inf\), got -1.0"):
        optimizer.step()
    assert torch.equal(weight, torch.ones(2))


def test_it_can_be_copied() -> None:
    net = model()
    optimizer = TorchOptimizer(net.parameters(), Adam())
    train(net, optimizer, 3)
    assert copy.deepcopy(optimizer).state_dict()["state"][0]["step"] == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda param: TorchOptimizer([param], Adam),
            r"rule must be an update rule .* got the class Adam\. Write .*Adam\(\)\)\.",
        ),  # type: ignore[arg-type]
        (
            lambda param: TorchOptimizer([param], "adam"),
            "rule must be an update rule of lossbook.optim, an object such as",
        ),  # type: ignore[arg-type]
        (lambda param: TorchOptimizer([param], torch.optim.Adam), "got the class Adam. Write .*Adam"),  # type: ignore[arg-type]
        (
            lambda param: TorchOptimizer([param], torch.optim.Adam([param])),
            "got torch's optimiser Adam, which trains as it",
        ),  # type: ignore[arg-type]
        (lambda param: TorchOptimizer([param], TorchTwin(Adam())), "rule must be an update rule"),  # type: ignore[arg-type]
        (lambda param: TorchOptimizer(nn.Linear(1, 1), Adam()), "got the module Linear: write model.parameters()"),  # type: ignore[arg-type]
        (
            lambda param: TorchOptimizer([{"params": [param], "lr": -1.0}], Adam()),
            r"lr must lie in \[0, inf\), got -1.0",
        ),
        (
            lambda param: TorchOptimizer([{"params": [param], "eps": -1.0}], Adam()),
            r"eps must lie in \[0, inf\), got -1.0",
        ),
        (
            lambda param: TorchOptimizer([{"params": [param], "lr": "0.1"}], Adam()),
            "lr must be a Python number, got '0.1'",
        ),
        (lambda param: TorchOptimizer([], Adam()), "optimizer got an empty parameter list"),
    ],
)
def test_what_people_type_first_is_answered_with_the_line_that_works(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make(nn.Parameter(torch.ones(1)))


@rows
def test_a_sparse_gradient_is_stepped_as_a_dense_one_or_refused(rule: Rule) -> None:
    sparse, dense = (nn.Embedding(5, 3, sparse=kind, dtype=torch.float64) for kind in (True, False))
    dense.load_state_dict(sparse.state_dict())
    pairs = [(net, TorchOptimizer(net.parameters(), rule)) for net in (sparse, dense)]
    for step in range(3):
        for net, optimizer in pairs:
            optimizer.zero_grad()
            (net(torch.tensor([step, step, step + 1])) ** 2).sum().backward()
            if net is dense or rule.takes_sparse:
                optimizer.step()
                continue
            with pytest.raises(RuntimeError, match=f"^{type(rule).__name__} does not support sparse gradients"):
                optimizer.step()
    if rule.takes_sparse:
        torch.testing.assert_close(sparse.weight, dense.weight)
    assert rule.takes_sparse == (rule == SGD(lr=0.1))


def test_parameters_may_have_names() -> None:
    net, same = model(), model()
    named, plain = TorchOptimizer(net.named_parameters(), Adam()), TorchOptimizer(same.parameters(), Adam())
    assert train(net, named, 3) == train(same, plain, 3)
    assert named.state_dict()["param_groups"][0]["param_names"] == [name for name, _ in net.named_parameters()]
