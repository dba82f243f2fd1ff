"""Losses as people write them, in the lines of a loop, on batches that are taken out of two tables: each is seen."""

import pytest
import torch
from sliced_loops import SIZE, Loss, case_of, inputs, net
from torch import Tensor, nn
from torch.nn import functional as F

EXAMPLES = 320


def _normal(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    mean, log_width = model(x).chunk(2, 1)
    return -torch.distributions.Normal(mean.squeeze(1), log_width.exp().squeeze(1)).log_prob(y).mean()


def _normal_by_hand(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    output = model(x)
    mean, log_width = output[:, 0], output[:, 1]
    return (log_width + 0.5 * ((y - mean) / log_width.exp()) ** 2).mean()


def _gathered(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return -F.softmax(model(x), 1).gather(1, (y > 0).long()[:, None]).clamp(min=1e-6).log().mean()


def _scattered(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    wanted = torch.zeros(len(y), 2).scatter_(1, (y > 0).long()[:, None], 1.0)
    return F.mse_loss(torch.sigmoid(model(x)), wanted)


def _triplet(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.triplet_margin_loss(model(x), model(x + 0.1), model(x.roll(1, 0)))


def _contrast(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    one, other = F.normalize(model(x), dim=1), F.normalize(model(x + 0.1), dim=1)
    return F.cross_entropy(one @ other.T / 0.1, torch.arange(len(x)))


def _quantiles(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    level, error = torch.tensor([0.25, 0.75]), y[:, None] - model(x)
    return torch.maximum(level * error, (level - 1) * error).sum(1).mean()


def _overlap(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    inside, wanted = torch.sigmoid(model(x)[:, 0]), (y > 0).float()
    return 1 - (2 * (inside * wanted).sum() + 1) / (inside.sum() + wanted.sum() + 1)


def _pairs(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    output = model(x)[:, 0]
    return F.softplus(-(output[:, None] - output[None]) * torch.sign(y[:, None] - y[None])).mean()


def _survival(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    output = model(x)[:, 0][y.argsort(descending=True)]
    return (output.logcumsumexp(0) - output).mean()


def _two_terms(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    output = model(x)
    return F.mse_loss(output[:, 0], y) + 0.5 * F.binary_cross_entropy_with_logits(output[:, 1], (y > 0).float())


def _measured_meanwhile(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    output, classes = model(x), (y > 0).long()
    loss = F.cross_entropy(output, classes)
    (output.argmax(1) == classes).float().mean().item()
    with torch.no_grad():
        F.softmax(output, 1).max(1).values.mean().item()
    return loss


def _mixed(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    classes, order = (y > 0).long(), torch.randperm(len(x))
    output = model(0.7 * x + 0.3 * x[order])
    return 0.7 * F.cross_entropy(output, classes) + 0.3 * F.cross_entropy(output, classes[order])


#: what it is -> the loss of one batch; the model has two outputs for each example
LOSSES: dict[str, Loss] = {
    "a root of squares": lambda model, x, y: torch.sqrt(F.mse_loss(model(x)[:, 0], y) + 1e-8),
    "log cosh": lambda model, x, y: torch.log(torch.cosh(model(x)[:, 0] - y)).mean(),
    "scaled back": lambda model, x, y: F.mse_loss(model(x)[:, 0] * 2.0 + 0.5, y),
    "a residual": lambda model, x, y: F.mse_loss(model(x)[:, 0] + x[:, 0], y),
    "an array's target": lambda model, x, y: F.mse_loss(model(x)[:, 0], torch.as_tensor(y.numpy())),
    "noise on the inputs": lambda model, x, y: F.mse_loss(model(x + 0.1 * torch.randn_like(x))[:, 0], y),
    "nll of a logarithm": lambda model, x, y: F.nll_loss(torch.log(model(x).softmax(1) + 1e-8), (y > 0).long()),
    "a penalty on logits": lambda model, x, y: (
        F.cross_entropy(output := model(x), (y > 0).long()) + 0.1 * output.pow(2).mean()
    ),
    "its own input": lambda model, x, y: (model(x) - x[:, :2]).abs().sum(1).mean(),
    "a normal distribution": _normal,
    "a normal distribution by hand": _normal_by_hand,
    "gather": _gathered,
    "scatter": _scattered,
    "triplets": _triplet,
    "contrast": _contrast,
    "quantiles": _quantiles,
    "an overlap": _overlap,
    "pairs in order": _pairs,
    "survival": _survival,
    "two terms": _two_terms,
    "measured meanwhile": _measured_meanwhile,
    "mixed examples": _mixed,
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_in_a_line_is_seen(name: str) -> None:
    x = inputs(EXAMPLES)
    case = case_of(LOSSES[name], lambda: net(2), 2 * x[:, 0] - x[:, 1])
    assert case.loss is not None, case.seen.gaps
    assert not case.seen.gaps
    assert len(case.batches) == EXAMPLES // SIZE
    model, batch = case.start.model, case.batches[0]
    assert case.loss_of is not None
    if name not in ("noise on the inputs", "mixed examples"):  # which draw
        assert float(case.loss_of(model, batch).detach()) == pytest.approx(case.log.loss.values[0], rel=1e-4)
