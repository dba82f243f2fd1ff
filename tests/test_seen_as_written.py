"""Losses as people write them in a line of the loop: a penalty by hand, a clamp, an order, few examples a task."""

import pytest
import torch
from sliced_loops import SIZE, Loss, case_of, inputs, net
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.probes import PROBES

EXAMPLES = 1280


def numbers() -> Tensor:
    """What can be learnt of the inputs."""
    x = inputs(EXAMPLES)
    return 2 * x[:, 0] - x[:, 1] + 0.5


def squares(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return (model(x).squeeze(1) - y).square().mean() + 1e-3 * sum(param.pow(2).sum() for param in model.parameters())


def sizes(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    every = torch.cat([param.flatten() for param in model.parameters()])
    return 1e-3 * every.abs().sum() + (model(x).squeeze(1) - y).abs().mean()


def two_penalties(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss = (model(x).squeeze(1) - y).square().mean()
    for param in model.parameters():
        loss = loss + 1e-3 * param.pow(2).sum()
    return loss


@pytest.mark.parametrize("loss_of", [squares, sizes, two_penalties])
def test_a_penalty_beside_a_loss_of_ones_own_is_found(loss_of: Loss) -> None:
    case = case_of(loss_of, lambda: net(1), numbers())
    assert case.loss is not None
    assert case.penalty is not None
    assert torch.equal(case.batches[0].target, numbers()[:SIZE])


def test_two_terms_of_the_outputs_are_both_told() -> None:
    """Each of them could be the loss: then neither is taken alone."""

    def both(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        output = model(x).squeeze(1)
        return (output - y).square().mean() + 0.1 * output.abs().mean()

    case = case_of(both, lambda: net(1), numbers())
    assert case.loss is not None
    y = case.batches[0].target
    assert float(case.loss(y[:, None], y)) == pytest.approx(0.1 * float(y.abs().mean()), rel=1e-5)


def clamped(floor: float) -> Loss:
    def loss_of(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        right = model(x).softmax(1).gather(1, y[:, None])
        return -right.clamp(min=floor).log().mean()

    return loss_of


@pytest.mark.parametrize(("floor", "outcome"), [(1e-6, "not found"), (0.2, "found")])
def test_a_clamp_that_avoids_a_zero_is_no_wrong_loss(floor: float, outcome: str) -> None:
    case = case_of(clamped(floor), lambda: net(2), (numbers() > 0).long())
    assert PROBES["wrong-loss"](case).outcome == outcome


def ordered(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Cox's partial likelihood: the largest output is to be the first to die."""
    output = model(x).squeeze(1)[y.argsort(descending=True)]
    return (output.logcumsumexp(0) - output).mean()


def flipped(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return -F.smooth_l1_loss(model(x).squeeze(1), y)


@pytest.mark.parametrize(("loss_of", "outcome"), [(ordered, "cannot tell"), (flipped, "found")])
def test_a_loss_that_only_orders_has_no_sign(loss_of: Loss, outcome: str) -> None:
    case = case_of(loss_of, lambda: net(1), numbers())
    assert PROBES["loss-sign-flipped"](case).outcome == outcome


@pytest.mark.parametrize(("noise", "outcome"), [(0.1, "not found"), (3.0, "found")])
def test_noise_beyond_an_activation_costs_little(noise: float, outcome: str) -> None:
    def squared(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return F.mse_loss(model(x).squeeze(1), y)

    drawn = torch.randn(EXAMPLES, generator=torch.Generator().manual_seed(5))
    case = case_of(squared, lambda: net(1, nn.Sigmoid()), (numbers() > 0).float() + noise * drawn)
    assert PROBES["output-activation-mismatch"](case).outcome == outcome


def classes(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(model(x), y)


@pytest.mark.parametrize(("width", "outcome"), [(None, "not found"), (0.8, "found")])
def test_layers_that_each_grow_a_little_begin_far_from_even_odds(width: float | None, outcome: str) -> None:
    """No layer makes its input ten times larger; all of them do, together."""

    def deep() -> nn.Sequential:
        hidden = [layer for _ in range(4) for layer in (nn.Linear(64, 64), nn.ReLU())]
        made = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), *hidden, nn.Linear(64, 2))
        for layer in made:
            if width is not None and isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=width)
        return made

    case = case_of(classes, deep, (numbers() > 0).long())
    assert PROBES["bad-init-scale"](case).outcome == outcome


@pytest.mark.parametrize(("in_order", "outcome"), [(True, "not found"), (False, "found")])
def test_labels_of_a_task_in_each_batch_belong_to_its_examples(in_order: bool, outcome: str) -> None:
    """Each batch names its two classes anew, as in learning from few examples."""
    rng = torch.Generator().manual_seed(7)
    x = inputs(EXAMPLES)
    y = (x[:, 0] > 0).long()
    for start in range(0, EXAMPLES, SIZE):
        part = y[start : start + SIZE]
        part ^= start // SIZE % 2
        if not in_order:
            y[start : start + SIZE] = part[torch.randperm(SIZE, generator=rng)]
    case = case_of(classes, lambda: net(2), y)
    assert PROBES["labels-misaligned"](case).outcome == outcome
