"""Loops that ask for gradients by ``torch.func`` or ``torch.autograd.grad``, and move the weights by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

STEPS, SIZE = 80, 20


def net(*more: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 3), *more)


def batches(steps: int = STEPS) -> list[tuple[Tensor, Tensor]]:
    x = torch.randn(400, 4)
    y = (x @ torch.randn(4, 3)).argmax(1)
    return [(x[rows], y[rows]) for _ in range(steps) for rows in [torch.randint(0, 400, (SIZE,))]]


def moved(params: dict[str, Tensor], grads: Any, lr: float) -> dict[str, Tensor]:
    return {name: (param - lr * grads[name]).detach() for name, param in params.items()}


def by_func(model: nn.Module, lr: float, watching: Any) -> None:
    params = {name: param.detach() for name, param in model.named_parameters()}

    def loss_of(params: Any, x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(functional_call(model, params, (x,)), y)

    for x, y in batches():
        grads, loss = grad_and_value(loss_of)(params, x, y)
        params = moved(params, grads, lr)
        watching.step(loss)
    model.load_state_dict(params)


def by_lent_leaves(model: nn.Module, lr: float, watching: Any) -> None:
    params = {name: param.detach().clone().requires_grad_() for name, param in model.named_parameters()}
    for x, y in batches():
        loss = F.cross_entropy(functional_call(model, params, (x,)), y)
        grads = dict(zip(params, torch.autograd.grad(loss, list(params.values())), strict=True))
        params = {name: param.requires_grad_() for name, param in moved(params, grads, lr).items()}
        watching.step(loss)


def in_place(model: nn.Module, lr: float, watching: Any) -> None:
    for x, y in batches():
        loss = F.cross_entropy(model(x), y)
        grads = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for param, grad in zip(model.parameters(), grads, strict=True):
                param -= lr * grad
        watching.step(loss)


def through_an_optimizer(model: nn.Module, lr: float, watching: Any) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for x, y in batches():

        def loss_of(params: Any, x: Tensor = x, y: Tensor = y) -> Tensor:
            return F.cross_entropy(functional_call(model, params, (x,)), y)

        grads, loss = grad_and_value(loss_of)(dict(model.named_parameters()))
        for name, param in model.named_parameters():
            param.grad = grads[name].detach()
        optimizer.step()
        watching.step(loss)


WAYS = [by_func, by_lent_leaves, in_place, through_an_optimizer]


def trained(way: Any, model: nn.Module, lr: float = 0.2) -> Case:
    with watch(model) as watching:
        way(model, lr, watching)
    return watching.case()


@pytest.mark.parametrize("way", WAYS)
def test_the_batches_the_loss_and_the_steps_are_those_of_the_loop(way: Any) -> None:
    with seeded(0):
        case = trained(way, net())
    assert case.loss_of is not None
    assert len(case.batches) == 40
    assert case.loss_of(case.start.model, case.batches[0]).item() == pytest.approx(case.log.loss.values[0], rel=1e-5)
    assert len(set(case.log.loss.steps)) == STEPS
    assert case.start.optimizer.param_groups[0]["lr"] == pytest.approx(0.2)
    before, after = (case.loss_of(each.model, case.batches[0]).item() for each in (case.start, case.now))
    assert after < 0.5 * before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("twice", [True, False])
def test_a_softmax_too_much_is_found_in_each_of_them_and_its_look_alike_is_not(way: Any, twice: bool) -> None:
    with seeded(0):
        case = trained(way, net(nn.Softmax(1)) if twice else net())
    assert PROBES["softmax-before-cross-entropy"](case).found is twice


@pytest.mark.parametrize(("lr", "expected"), [(60.0, True), (0.2, False)])
def test_a_rate_of_steps_of_ones_own_is_found_too_high(lr: float, expected: bool) -> None:
    with seeded(0):
        case = trained(by_func, net(), lr)
    assert PROBES["lr-too-high"](case).found is expected


def test_weights_that_are_set_back_have_no_optimizer() -> None:
    """As those that go to each task from the same start."""
    with seeded(0):
        model = net()
        with watch(model) as watching:
            for _ in range(8):
                params = {name: param.detach() for name, param in model.named_parameters()}
                for x, y in batches(5):

                    def loss_of(params: Any, x: Tensor = x, y: Tensor = y) -> Tensor:
                        return F.cross_entropy(functional_call(model, params, (x,)), y)

                    grads, loss = grad_and_value(loss_of)(params)
                    params = moved(params, grads, 0.5)
                    watching.step(loss)
                mixed = {name: torch.lerp(param, params[name], 0.1) for name, param in model.named_parameters()}
                model.load_state_dict(mixed)
    assert watching.case().start.optimizers == ()


def test_gradients_of_single_examples_are_no_steps() -> None:
    with seeded(0):
        model = net()
        params = {name: param.detach() for name, param in model.named_parameters()}

        def loss_of(params: Any, x: Tensor, y: Tensor) -> Tensor:
            return F.cross_entropy(functional_call(model, params, (x[None],)), y[None])

        with watch(model) as watching:
            for x, y in batches(10):
                each, _ = vmap(grad_and_value(loss_of), in_dims=(None, 0, 0))(params, x, y)
                params = moved(params, {name: grad.mean(0) for name, grad in each.items()}, 0.2)
    assert watching.case().batches == ()


def test_gradients_of_gradients_beside_a_backward_pass_change_nothing() -> None:
    with seeded(0):
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
        with watch(model, optimizer) as watching:
            for x, y in batches():
                loss = F.cross_entropy(model(x), y)
                slopes = torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)
                assert all(slope.isfinite().all() for slope in slopes)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    case = watching.case()
    assert case.seen.backwards == STEPS
    assert len(case.batches) == 40
    assert case.seen.ran_on_share == 1.0
