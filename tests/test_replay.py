"""The plain lines train a copy as a reader's own loop would, and change nothing else."""

from __future__ import annotations

import copy
import dataclasses
import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case, Seen, Snapshot, pair_loss
from lossbook.evidence.replay import as_it_is, fall, gradients, loss_on, output_of, steps_counted, train
from lossbook.evidence.structure import leaves, mapped
from lossbook.optim import Adam, ClipByGlobalNorm, TorchOptimizer

X, Y = torch.randn(5, 8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 2
OPTIMIZERS: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "SGD": lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: torch.optim.Adam(params, lr=0.01),
    "ours": lambda params: TorchOptimizer(params, Adam(lr=0.01)),
    "two groups": lambda params: torch.optim.SGD([{"params": params[:1], "lr": 0.5}, {"params": params[1:]}], lr=0.1),
}


def net(*, dropout: float = 0.0) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(dropout), nn.Linear(6, 2))


def case_of(model: nn.Module, optimizer: torch.optim.Optimizer, **parts: Any) -> Case:
    here = Snapshot(model, (optimizer,))
    parts = {"loss": F.cross_entropy, "loss_of": pair_loss(F.cross_entropy)} | parts
    return Case(here, here, tuple(Batch.of(x, Y) for x in X), **parts)


def state(case: Case) -> list[Any]:
    """All that a replay must leave alone, as values."""
    model, optimizer = case.now.model, case.now.optimizer
    return [
        copy.deepcopy((model.state_dict(), optimizer.state_dict(), [param.grad for param in model.parameters()])),
        [module.training for module in model.modules()],
        torch.get_rng_state(),
        random.getstate(),
        np.random.get_state(),  # noqa: NPY002
    ]


def same(one: Any, other: Any) -> bool:
    pairs = zip(leaves(one), leaves(other), strict=True)
    return all(np.array_equal(a, b) if isinstance(a, (Tensor, np.ndarray)) else a == b for a, b in pairs)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_trains_as_a_loop_written_by_hand_does(name: str) -> None:
    case = case_of(model := net(), OPTIMIZERS[name](list(model.parameters())))
    found, losses = train(case, case.now, 7)
    optimizer, expected = case.now.optimizer, []
    for step in range(7):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X[step % 5]), Y)
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert losses.tolist() == expected
    assert same(found.model.state_dict(), model.state_dict())


def test_gradients_are_added_up_as_the_training_does() -> None:
    seen = Seen(steps=10, backwards=20, forwards=20)
    case = case_of(model := net(), torch.optim.SGD(model.parameters(), lr=0.1), seen=seen)
    found, losses = train(case, case.now, 6)
    optimizer, expected = case.now.optimizer, []
    for step in range(6):
        optimizer.zero_grad()
        pair = [F.cross_entropy(model(X[place % 5]), Y) / 2 for place in (2 * step, 2 * step + 1)]
        for loss in pair:
            loss.backward()
        optimizer.step()
        expected.append(sum(loss.item() for loss in pair))
    assert np.allclose(losses, expected, rtol=1e-6)
    assert same(found.model.state_dict(), model.state_dict())


def test_lbfgs_gets_its_closure() -> None:
    case = case_of(model := net(), torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=4))
    _, losses = train(case, case.now, 4)
    optimizer, expected = case.now.optimizer, []
    for step in range(4):
        noted: list[float] = []

        def closure(x: Tensor = X[step], noted: list[float] = noted) -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), Y)
            loss.backward()
            noted.append(loss.item())
            return loss

        optimizer.step(closure)
        expected.append(noted[0])
    assert losses.tolist() == expected


def test_the_original_and_every_global_generator_are_left_alone() -> None:
    case = case_of(model := net(dropout=0.5).eval(), torch.optim.Adam(model.parameters()))

    def noisy(model: nn.Module, batch: Batch) -> Tensor:
        moved = torch.randn(2) + random.random() + np.random.rand()  # noqa: NPY002
        return F.cross_entropy(batch.output(model) + moved, batch.target)

    case = dataclasses.replace(case, loss_of=noisy)
    noisy(model, case.batches[0]).backward()
    before = state(case)
    (_, first), (_, again) = train(case, case.now, 6), train(case, case.now, 6)
    assert first.tolist() == again.tolist()  # the random numbers are fixed
    assert train(case, case.now, 6, seed=1)[1].tolist() != first.tolist()
    fall(case, case.now, 3)
    loss_on(case, model, case.batches[0])
    gradients(case, model, case.batches[0])
    output_of(model, case.batches[0], train_mode=True)
    assert same(before, state(case))


def test_targets_that_are_drawn_anew_can_be_held_still() -> None:
    model = nn.Linear(3, 3)

    def denoise(model: nn.Module, batch: Batch) -> Tensor:
        noise = torch.randn(8, 3)
        return F.mse_loss(model(batch.inputs[0] + noise), noise)

    case = case_of(model, torch.optim.SGD(model.parameters(), lr=0.0), loss_of=denoise)
    one = case.batches[:1]
    assert len(set(train(case, case.now, 5, batches=one)[1])) == 5
    assert len(set(train(case, case.now, 5, batches=one, same_draws=True)[1])) == 1


def test_rates_are_those_asked_for_or_those_seen() -> None:
    model = nn.Linear(3, 2)
    case = case_of(model, torch.optim.SGD(model.parameters(), lr=1e-9))
    one = case.batches[:1]
    still, moved = fall(case, case.now, 30, batches=one), fall(case, case.now, 30, batches=one, lr=0.3)
    assert abs(still) < 1e-5 < 0.05 < moved
    assert same(train(case, case.now, 5, lr=0.2)[1], train(case, case.now, 5, lr=0.1, lr_scale=lambda _: 2.0)[1])
    warm = dataclasses.replace(case, seen=Seen(lrs=((0.1,), (0.2,))))
    steps = train(case, case.now, 5, lr=1.0, lr_scale=lambda step: 0.1 if step == 0 else 0.2)[1]
    assert np.allclose(train(warm, warm.start, 5)[1], steps, rtol=1e-5)


def test_knobs_and_clipping_are_applied() -> None:
    model = nn.Linear(3, 2)
    case = case_of(model, torch.optim.SGD(model.parameters(), lr=0.5))
    heavy = train(case, case.now, 10, weight_decay=1.9, no_such_knob=3)[0]
    assert float(heavy.model.weight.detach().norm()) < 0.5 * float(model.weight.detach().norm())
    tight = dataclasses.replace(case, clipping=ClipByGlobalNorm(1e-6))
    assert abs(fall(tight, tight.now, 5)) < 1e-4 < abs(fall(case, case.now, 5))


def test_a_loss_without_a_graph_trains_nothing_and_raises_nothing() -> None:
    model = net()
    case = case_of(model, torch.optim.SGD(model.parameters(), lr=0.5), loss_of=lambda m, b: b.output(m).sum().detach())
    assert len(train(case, case.now, 3)[1]) == 3
    assert set(gradients(case, model, case.batches[0]).values()) == {None}


def test_an_unseen_loss_is_an_error_that_says_so() -> None:
    model = net()
    case = case_of(model, torch.optim.SGD(model.parameters(), lr=0.5), loss_of=None)
    with pytest.raises(ValueError, match="loss_of must be known to train a copy"):
        train(case, case.now, 1)


def test_a_training_as_it_is_is_made_once_and_again_only_if_it_was_too_short() -> None:
    case = (lambda model: case_of(model, torch.optim.SGD(model.parameters(), lr=0.1)))(net(dropout=0.5))
    with steps_counted() as count:
        whole, first = as_it_is(case, 20), as_it_is(case, 7)
        assert count == [20]
        assert np.array_equal(whole[:7], first)
        assert np.array_equal(whole, train(case, case.start, 20)[1])
        assert len(as_it_is(case, 30)) == 30
        assert not np.array_equal(as_it_is(case, 20, seed=1), whole)
    assert count == [20 + 20 + 30 + 20]
    other = dataclasses.replace(case, batches=case.batches[::-1])
    assert not np.array_equal(as_it_is(other, 20), whole)


def test_what_cannot_be_copied_is_shared_and_named() -> None:
    model = net()
    model.log = open(__file__)  # noqa: SIM115
    try:
        shared: list[str] = []
        found = Snapshot(model, ()).copy(shared=shared)
        assert shared == ["model.log"]
        assert found.model.log is model.log
        with pytest.raises(TypeError, match="model.log must be something that"):
            Snapshot(model, ()).copy()
    finally:
        model.log.close()
    model.log = threading.Lock()
    assert Snapshot(model, ()).copy().model.log is not model.log


def test_two_optimizers_are_copied_with_one_model() -> None:
    model = net()
    two = tuple(torch.optim.SGD(part.parameters(), lr=0.1) for part in (model[0], model[4]))
    found = Snapshot(model, two).copy()
    held = {id(param) for group in found.groups for param in group["params"]}
    assert held < {id(param) for param in found.model.parameters()}
    assert not held & {id(param) for param in model.parameters()}


@dataclasses.dataclass(frozen=True)
class Words:
    ids: Tensor
    name: str


def test_batches_of_any_structure_can_be_cut_and_mapped() -> None:
    batch = Batch((Words(torch.arange(4), "en"),), {"mask": torch.ones(4, 2)}, {"y": (torch.zeros(4), 7)})
    assert batch.size == 4
    assert batch.x is batch.kwargs["mask"]
    cut = batch.first(3)
    assert [len(each) for each in leaves(tuple(cut)) if isinstance(each, Tensor)] == [3, 3, 3]
    assert cut.inputs[0].name == "en"
    assert cut.target["y"][1] == 7
    doubled = batch.with_x(batch.x * 2)
    assert float(doubled.kwargs["mask"].sum()) == 16
    assert mapped(lambda each: each, None) is None
    assert Batch.of(torch.arange(3)).x is None
