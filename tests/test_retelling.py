"""Losses as people write them between the output and ``backward()``: a copy is trained on the same numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import train

WORDS, STEPS = 16, 12


class Language(nn.Module):
    """(N, T) words -> (N, T, 16) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.rnn = nn.Embedding(WORDS, 8), nn.GRU(8, 8, batch_first=True)
        self.last = nn.Linear(8, WORDS)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.rnn(self.embed(x))[0])


def added(output: Tensor, y: Tensor) -> Tensor:
    total = torch.zeros(())
    total = total + F.cross_entropy(output, y)
    total += 0.1 * output.pow(2).mean()
    return total


def masked(output: Tensor, y: Tensor) -> Tensor:
    mask = (y > 0).float()
    return ((output[:, 0] - y) ** 2 * mask).sum() / mask.sum()


def one_against_all(z: Tensor) -> Tensor:
    z = F.normalize(z)
    return F.cross_entropy(z @ z.T / 0.5, torch.arange(len(z)))


def two_views(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    one, other = F.normalize(net(x)), F.normalize(net(x.flip(1)))
    return F.cross_entropy(one @ other.T / 0.5, torch.arange(len(x)))


def triplet(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    anchor, positive, negative = net(x), net(x + 0.1), net(x.flip(0))
    return F.relu((anchor - positive).pow(2).sum(1) - (anchor - negative).pow(2).sum(1) + 1).mean()


def inner_and_border(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return net(x).pow(2).mean() + F.mse_loss(net(x[:3])[:, 0], y[:3])


WEIGHTS = torch.tensor([1.0, 2.0, 3.0])
Step = Callable[[nn.Module, Tensor, Tensor], Tensor]
#: kind of batch and net; loss; shape of the target
LOSSES: dict[str, tuple[str, Step, tuple[int, ...]]] = {
    "reshaped": ("words", lambda net, x, y: F.cross_entropy(net(x).reshape(-1, WORDS), y.reshape(-1)), (8, 6)),
    "viewed by sizes": ("words", lambda net, x, y: F.cross_entropy(net(x).view(8 * 6, WORDS), y.flatten()), (8, 6)),
    "classes second": ("words", lambda net, x, y: F.cross_entropy(net(x).transpose(1, 2), y), (8, 6)),
    "squeezed": ("numbers", lambda net, x, y: F.mse_loss(net(x)[:, :1].squeeze(1), y), (8,)),
    "by hand": ("numbers", lambda net, x, y: ((net(x)[:, 0] - y) ** 2).mean(), (8,)),
    "masked": ("numbers", lambda net, x, y: masked(net(x), y), (8,)),
    "two terms": ("classes", lambda net, x, y: added(net(x), y), (8,)),
    "gathered": ("classes", lambda net, x, y: -net(x).log_softmax(1).gather(1, y[:, None]).mean(), (8,)),
    "one-hot": ("classes", lambda net, x, y: -(F.one_hot(y, 3) * net(x).log_softmax(1)).sum(1).mean(), (8, 3)),
    "weighted": ("classes", lambda net, x, y: F.cross_entropy(net(x), y, weight=WEIGHTS), (8,)),
    "a sum, divided": ("classes", lambda net, x, y: F.cross_entropy(net(x), y, reduction="sum") / len(y), (8,)),
    "reconstruction": ("numbers", lambda net, x, y: ((net(x) - x[:, :3]) ** 2).sum(1).mean(), (8, 3)),
    "next word": (
        "words",
        lambda net, x, y: F.cross_entropy(net(y[:, :-1]).flatten(0, 1), y[:, 1:].flatten()),
        (8, 5),
    ),
    "next word, the input": (
        "words",
        lambda net, x, y: F.cross_entropy(net(x)[:, :-1].flatten(0, 1), x[:, 1:].contiguous().view(-1)),
        (8, 5),
    ),
    "contrastive": ("numbers", lambda net, x, y: one_against_all(net(x)), (8,)),
}


def watched(kind: str, loss_of: Step) -> tuple[Case, list[float]]:
    with seeded(0):
        net = Language() if kind == "words" else nn.Linear(5, 3)
        batches = [
            (torch.randint(WORDS, (8, 6)), torch.randint(WORDS, (8, 6)))
            if kind == "words"
            else (torch.randn(8, 5), torch.randint(3, (8,)) if kind == "classes" else torch.randn(8))
            for _ in range(4)
        ]
    optimizer, losses = torch.optim.SGD(net.parameters(), lr=0.1), list[float]()
    with watch(net, optimizer) as watching:
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = loss_of(net, *batches[step % len(batches)])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return watching.case(), losses


@pytest.mark.parametrize("name", LOSSES)
def test_a_copy_is_trained_on_the_same_numbers(name: str) -> None:
    case, losses = watched(*LOSSES[name][:2])
    assert not case.seen.gaps
    assert tuple(case.batches[0].target.shape) == LOSSES[name][2]
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


#: a step that calls the model several times -> how often
CALLS: dict[Step, int] = {two_views: 2, triplet: 3, inner_and_border: 2}


@pytest.mark.parametrize("loss_of", CALLS)
def test_a_step_that_calls_the_model_several_times_is_repeated_as_it_is(loss_of: Step) -> None:
    case, losses = watched("numbers", loss_of)
    assert not case.seen.gaps
    assert [batch.calls for batch in case.batches] == [CALLS[loss_of]] * STEPS
    assert len(case.batches[0].output(case.start.model)) == CALLS[loss_of]
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


def test_a_call_on_whose_output_no_loss_hangs_is_left_out() -> None:
    def looks_first(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        (net(x[:2]) > 0).float().mean()
        return F.mse_loss(net(x)[:, 0], y)

    case, losses = watched("numbers", looks_first)
    assert {batch.calls for batch in case.batches} == {1}
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


def test_a_net_that_gets_its_own_output_is_called_again_with_that_of_the_copy() -> None:
    case, losses = watched("numbers", lambda net, x, y: net(torch.cat([net(x), x[:, :2]], 1)).pow(2).mean())
    assert {batch.calls for batch in case.batches} == {2}
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


@pytest.mark.parametrize("name", ["reshaped", "viewed by sizes", "masked", "gathered", "contrastive"])
def test_fewer_examples_have_a_loss_as_well(name: str) -> None:
    case, _ = watched(*LOSSES[name][:2])
    assert case.loss is not None
    assert case.loss_of is not None
    few, model = case.batches[0].first(5), case.start.model
    with torch.no_grad():
        value = case.loss_of(model, few)
        if name == "contrastive":
            expected = one_against_all(few.output(model))
        elif name == "viewed by sizes":  # the loop itself takes no other batch
            expected = F.cross_entropy(few.output(model).flatten(0, 1), few.target.flatten())
        else:
            expected = LOSSES[name][1](lambda x: few.output(model), few.x, few.target)  # type: ignore[arg-type]
    torch.testing.assert_close(value, expected)


def test_a_loss_that_hangs_on_the_weights_is_told_as_a_whole() -> None:
    case, losses = watched("numbers", lambda net, x, y: (net(x) ** 2).mean() * net.weight.square().mean())  # type: ignore[operator]
    assert case.loss is None
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


def test_a_number_that_was_read_from_a_tensor_makes_the_loss_another_one() -> None:
    def divided(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(net(x), y, reduction="sum") / (y == 1).sum().item()

    case, _ = watched("classes", divided)
    assert "Copies are trained on the loss of output and target alone" in " ".join(case.seen.gaps)


def test_a_loss_that_draws_is_told_again_with_other_draws() -> None:
    def noisy(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        output = net(x)
        return ((output + 0.1 * torch.randn_like(output) - x[:, :3]) ** 2).mean()

    case, losses = watched("numbers", noisy)
    assert "The loss draws random numbers: copies draw others." in case.seen.gaps
    again = train(case, case.start, STEPS)[1]
    assert np.abs(again / np.array(losses) - 1).max() < 0.5
    assert (again != np.array(losses)).any()


def test_a_scalers_factor_is_taken_out() -> None:
    with seeded(0):
        net = nn.Linear(5, 1)
        batches = [(torch.randn(8, 5), torch.randn(8)) for _ in range(4)]
    optimizer, scaler = torch.optim.SGD(net.parameters(), lr=0.1), torch.amp.GradScaler("cpu", init_scale=8.0)
    losses = []
    with watch(net, optimizer, scaler=scaler) as watching:
        for x, y in batches:
            optimizer.zero_grad()
            loss = (net(x).squeeze(1) - y).abs().mean()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            losses.append(loss.item())
    case = watching.case()
    np.testing.assert_allclose(train(case, case.start, 4)[1], losses, rtol=1e-6)
