"""One mistake in programs of several kinds, beside what looks like it: losses, their terms, what is logged of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, steps, watch
from lossbook.probes import PROBES, helps, trial_of

STEPS, N = 60, 32
LossOf = Callable[[nn.Module, Tensor], Tensor]
Told = Callable[[list[float]], float]


class Then(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Heads(nn.Module):
    """One body, and a head for each of two questions."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.kind, self.size = nn.Sequential(nn.Linear(6, 16), nn.ReLU()), nn.Linear(16, 3), nn.Linear(16, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        states = self.body(x)
        return {"kind": self.kind(states), "size": self.size(states).squeeze(1)}


class Code(nn.Module):
    """Rows squeezed into means and spreads of two numbers, drawn, and spread out again."""

    def __init__(self) -> None:
        super().__init__()
        self.enc, self.dec = nn.Linear(6, 4), nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 6))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_var = self.enc(x).chunk(2, 1)
        return self.dec(mean + (log_var / 2).exp() * torch.randn_like(mean)), mean, log_var


class Views(nn.Module):
    """The points of two noisy views, and what each foretells of the other."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.guess = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 8)), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        a, b = (self.body(x + 0.1 * torch.randn_like(x)) for _ in range(2))
        return self.guess(a), self.guess(b), a, b


def dense(outputs: int, *last: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, outputs), *last)


def kinds(x: Tensor) -> Tensor:
    return x[:, :3].argmax(1)


def soft(x: Tensor) -> Tensor:
    return (3 * x[:, :3]).softmax(1)


def seen(
    model: Callable[[], nn.Module], loss_of: LossOf, told: Callable[[list[float]], float] = lambda s: s[-1]
) -> Case:
    """A loop of plain lines, with what it logs made of the losses so far."""
    with seeded(0):
        net, losses = model(), list[float]()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        with watch(net, optimizer) as watching:
            for _ in range(STEPS):
                loss = loss_of(net, torch.randn(N, 6))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
                watching.step(told(losses))
    return watching.case()


def cross_entropy(model: nn.Module, x: Tensor) -> Tensor:
    return F.cross_entropy(model(x), kinds(x))


def overwritten(model: nn.Module, x: Tensor, *, adds: bool = False) -> Tensor:
    output, total = model(x), torch.zeros(())
    for term in (F.cross_entropy(output["kind"], kinds(x)), F.mse_loss(output["size"], x[:, 4])):
        total = total + term if adds else term
    return total


def by_hand(model: nn.Module, x: Tensor, *, adds: bool = False) -> Tensor:
    output, y = model(x), x[:, 4]
    kind, size = F.cross_entropy(output["kind"], kinds(x)), ((output["size"] - y) ** 2).mean()
    return kind + size if adds else kind


def with_a_score(model: nn.Module, x: Tensor) -> Tensor:
    """Beside the loss, a mean absolute error and a share of hits are computed."""
    output, y = model(x), x[:, 4]
    F.l1_loss(output["size"], y).item()
    (output["kind"].argmax(1) == kinds(x)).float().mean().item()
    return F.cross_entropy(output["kind"], kinds(x)) + F.mse_loss(output["size"], y)


def coded(model: nn.Module, x: Tensor, weight: float) -> Tensor:
    y = torch.cat([x[:, :2], x[:, :2], x[:, :2]], 1)
    made, mean, log_var = model(y)
    spread = -0.5 * (1 + log_var - mean**2 - log_var.exp()).sum(1).mean()
    return F.mse_loss(made, y) + weight * spread


def alike(model: nn.Module, x: Tensor, *, stop: bool) -> Tensor:
    p, q, a, b = model(x)
    a, b = (a.detach(), b.detach()) if stop else (a, b)
    return -(F.cosine_similarity(p, b).mean() + F.cosine_similarity(q, a).mean()) / 2


def squared_apart(model: nn.Module, x: Tensor, *, stop: bool) -> Tensor:
    p, q, a, b = (F.normalize(each, dim=1) for each in model(x))
    a, b = (a.detach(), b.detach()) if stop else (a, b)
    return F.mse_loss(p, b) + F.mse_loss(q, a)


def a_new_number(model: nn.Module, x: Tensor) -> Tensor:
    return torch.tensor(cross_entropy(model, x).item(), requires_grad=True)


def new_numbers(model: nn.Module, x: Tensor) -> Tensor:
    return -torch.tensor(model(x).log_softmax(1)[:, 0].tolist(), requires_grad=True).mean()


def in_nll(model: nn.Module, x: Tensor) -> Tensor:
    return F.nll_loss(model(x).softmax(1), kinds(x))


def in_kl_div(model: nn.Module, x: Tensor) -> Tensor:
    return nn.KLDivLoss(reduction="batchmean")((model(x) / 2).softmax(1), soft(x))


def logs_in_kl_div(model: nn.Module, x: Tensor) -> Tensor:
    return F.kl_div(model(x).log_softmax(1), soft(x), reduction="batchmean")


def over_a_fixed_number(losses: list[float]) -> float:
    return sum(losses[(len(losses) - 1) // 12 * 12 :]) / 12


def decaying_from_zero(losses: list[float]) -> float:
    return sum(0.1 * 0.9**age * loss for age, loss in enumerate(reversed(losses)))


def over_what_was_added(losses: list[float]) -> float:
    part = losses[(len(losses) - 1) // 12 * 12 :]
    return sum(part) / len(part)


def centred(x: Tensor) -> Tensor:
    return (x - x.mean(1, keepdim=True)).mean(1, keepdim=True)


def shares(x: Tensor) -> Tensor:
    return x.softmax(1).sum(1, keepdim=True)


def lines(model: type[nn.Module], function: Callable[..., Tensor], **knobs: object) -> Callable[[], Case]:
    return lambda: seen(model, lambda net, x: function(net, x, **knobs))


def logged(told: Callable[[list[float]], float]) -> Callable[[], Case]:
    return lambda: seen(lambda: dense(3), cross_entropy, told)


def classes(loss_of: LossOf) -> Callable[[], Case]:
    return lambda: seen(lambda: dense(3), loss_of)


def behind(last: Callable[[Tensor], Tensor], outputs: int) -> Callable[[], Case]:
    return lambda: seen(lambda: dense(8, Then(last), nn.Linear(outputs, 3)), cross_entropy)


#: what it is -> its cause, and the program
BROKEN: dict[str, tuple[str, Callable[[], Case]]] = {
    "the mean of what was centred": ("input-ignored", behind(centred, 1)),
    "shares added up": ("input-ignored", behind(shares, 1)),
    "a softmax into NLL, in the loop": ("probabilities-into-nll", classes(in_nll)),
    "a softmax into KL": ("probabilities-into-nll", classes(in_kl_div)),
    "a total over a fixed number": ("loss-misreported", logged(over_a_fixed_number)),
    "a total that is overwritten": ("loss-term-lost", lines(Heads, overwritten)),
    "a term by hand, not added": ("loss-term-lost", lines(Heads, by_hand)),
    "a code that carries nothing": ("loss-terms-unbalanced", lines(Code, coded, weight=300.0)),
    "a loss as a new tensor": ("graph-detached", classes(a_new_number)),
    "log-probabilities as new numbers": ("graph-detached", classes(new_numbers)),
    "two views, both pulled": ("representation-collapse", lines(Views, alike, stop=False)),
    "two views, both pulled, by squares": ("representation-collapse", lines(Views, squared_apart, stop=False)),
}
#: what looks like it -> the cause that it has not, and the program
SOUND: dict[str, tuple[str, Callable[[], Case]]] = {
    "rows of one size": ("input-ignored", behind(lambda x: F.normalize(x, dim=1), 8)),
    "logarithms into KL": ("probabilities-into-nll", classes(logs_in_kl_div)),
    "a mean that starts from zero": ("loss-misreported", logged(decaying_from_zero)),
    "a mean that is begun anew": ("loss-misreported", logged(over_what_was_added)),
    "a total that is added up": ("loss-term-lost", lines(Heads, overwritten, adds=True)),
    "a term by hand, added": ("loss-term-lost", lines(Heads, by_hand, adds=True)),
    "scores beside the loss": ("loss-term-lost", lines(Heads, with_a_score)),
    "a code that carries": ("loss-terms-unbalanced", lines(Code, coded, weight=0.01)),
    "a loss as it is": ("graph-detached", classes(cross_entropy)),
    "two views, one pulled": ("representation-collapse", lines(Views, alike, stop=True)),
    "two views, one pulled, by squares": ("representation-collapse", lines(Views, squared_apart, stop=True)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_mistake_is_found(name: str) -> None:
    cause, program = BROKEN[name]
    reading = PROBES[cause](program())
    assert reading.found, reading


@pytest.mark.parametrize("name", SOUND)
def test_what_looks_like_it_is_not(name: str) -> None:
    cause, program = SOUND[name]
    reading = PROBES[cause](program())
    assert not reading.found, reading
    assert "the test itself failed" not in reading.sentence


@pytest.mark.parametrize("name", ["a softmax into KL", "a code that carries nothing"])
def test_its_mend_helps(name: str) -> None:
    cause, program = BROKEN[name]
    case, make = program(), PROBES[cause].mend
    assert make is not None
    mend = make(case)
    assert mend is not None
    assert helps(trial_of(case, mend))


def test_a_watch_that_opens_while_another_one_closes_is_not_forgotten() -> None:
    ends = list[Callable[[], None]]()
    with steps.LOCK:  # held by one that closes, who takes away the lists in which nobody is left
        thread = threading.Thread(target=lambda: ends.append(steps.listen(print, print)))
        thread.start()
        time.sleep(0.05)
        assert all(steps.LISTENERS.values())
    thread.join()
    ends[0]()
