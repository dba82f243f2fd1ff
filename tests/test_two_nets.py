"""Trainings of two nets, of which one is watched, or both: what can be repeated is, and the rest is said."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import train
from lossbook.probes import PROBES

STEPS = 12
REAL, FAKE = torch.ones(8, 1), torch.zeros(8, 1)


def small(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 8), nn.Tanh(), nn.Linear(8, outputs))


def gan(watched: str) -> tuple[Case, list[float]]:
    """The losses are those of the critic."""
    with seeded(0):
        nets = {"generator": small(2, 3), "critic": small(3, 1)}
        optimizers = {name: torch.optim.Adam(net.parameters(), lr=0.01) for name, net in nets.items()}
        losses = list[float]()
        model = nn.ModuleList(nets.values()) if watched == "both" else nets[watched]
        given = [*optimizers.values()] if watched == "both" else optimizers[watched]
        with watch(model, given) as watching:
            for _ in range(STEPS):
                made = nets["generator"](torch.randn(8, 2))
                optimizers["critic"].zero_grad()
                scores = nets["critic"](torch.randn(8, 3) + 2), nets["critic"](made.detach())
                loss = F.binary_cross_entropy_with_logits(scores[0], REAL)
                loss = (loss + F.binary_cross_entropy_with_logits(scores[1], FAKE)) / 2
                loss.backward()
                optimizers["critic"].step()
                optimizers["generator"].zero_grad()
                F.binary_cross_entropy_with_logits(nets["critic"](made), REAL).backward()
                optimizers["generator"].step()
                losses.append(loss.item())
    return watching.case(), losses


def none_accuses(case: Case) -> bool:
    readings = {key: decide(case) for key, decide in PROBES.items()}
    assert {key: str(one) for key, one in readings.items() if one.found or "the test itself" in one.sentence} == {}
    return True


def test_a_critic_is_trained_on_its_own_loss_and_not_on_the_other_nets() -> None:
    case, losses = gan("critic")
    assert len(case.batches) == STEPS
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))
    assert none_accuses(case)


SENTENCES = {"generator": "goes through weights that are not the model's", "both": "trained in turn"}


@pytest.mark.parametrize("watched", SENTENCES)
def test_what_cannot_be_repeated_of_two_nets_is_said(watched: str) -> None:
    case, _ = gan(watched)
    assert case.loss_of is None
    assert SENTENCES[watched] in " ".join(case.seen.gaps)
    assert none_accuses(case)


def slow_net(net: nn.Module, x: Tensor, y: Tensor, other: nn.Module) -> Tensor:
    target = y + 0.9 * other(x + 1).max(1).values.detach()
    return ((net(x).gather(1, (y > 0).long()[:, None])[:, 0] - target) ** 2).mean()


def actor_and_critic(net: nn.Module, x: Tensor, y: Tensor, other: nn.Module) -> Tensor:
    chances, value = net(x).log_softmax(1), other(x)[:, 0]
    gain = y - value
    return -(chances[:, 1] * gain.detach()).mean() + 0.5 * gain.pow(2).mean()


def a_teacher(net: nn.Module, x: Tensor, y: Tensor, other: nn.Module) -> Tensor:
    soft = F.softmax(other(x) / 2, dim=1)
    return -(soft * F.log_softmax(net(x) / 2, dim=1)).sum(1).mean()


@pytest.mark.parametrize("loss_of", [slow_net, actor_and_critic, a_teacher])
def test_numbers_of_another_net_are_numbers_of_the_batch(loss_of: object) -> None:
    with seeded(0):
        net, other = small(3, 2), small(3, 2)
        batches = [(torch.randn(8, 3), torch.randn(8)) for _ in range(STEPS)]
    optimizers, losses = [torch.optim.Adam(each.parameters(), lr=0.01) for each in (net, other)], list[float]()
    with watch(net, optimizers[0]) as watching:
        for x, y in batches:
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss = loss_of(net, x, y, other)  # type: ignore[operator]
            loss.backward()
            for optimizer in optimizers[: 1 + (loss_of is actor_and_critic)]:
                optimizer.step()
            losses.append(loss.item())
    case = watching.case()
    assert not case.seen.gaps
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


def test_a_critic_that_steps_twice_for_each_step_of_the_other_net_is_repeated() -> None:
    """WGAN-GP, as it is written often: what the generator made is not cut off from its weights."""
    with seeded(0):
        generator, critic = small(2, 3), small(3, 1)
        theirs, mine = (torch.optim.Adam(net.parameters(), lr=0.01) for net in (generator, critic))
        losses = list[float]()
        with watch(critic, mine) as watching:
            for _ in range(STEPS // 2):
                for _ in range(2):
                    real, made, share = torch.randn(8, 3) + 1, generator(torch.randn(8, 2)), torch.rand(8, 1)
                    difference = critic(made).mean() - critic(real).mean()
                    between = real * share + made * (1 - share)
                    scores = critic(between)
                    slopes = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
                    loss = difference + 10 * ((slopes.norm(2, dim=1) - 1) ** 2).mean()
                    critic.zero_grad()
                    loss.backward(retain_graph=True)
                    mine.step()
                    losses.append(loss.item())
                generator.zero_grad()
                (-critic(made).mean()).backward()
                theirs.step()
    case = watching.case()
    assert len(case.batches) == STEPS
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


class Flow(nn.Module):
    """It has no forward; the loop calls its own method, which goes through nothing but a list of layers."""

    def __init__(self, bijections: int = 3) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(bijections))

    def log_prob(self, x: Tensor) -> Tensor:
        stretched = torch.zeros(len(x))
        for layer in self.layers:
            x = layer(x)
            stretched = stretched + torch.linalg.slogdet(layer.weight)[1]
        return stretched - x.square().sum(1) / 2


@pytest.mark.parametrize(("lr", "found"), [(0.02, False), (3.0, True)])
def test_a_model_that_holds_a_list_of_layers_alone_is_repeated_by_its_own_method(lr: float, found: bool) -> None:
    with seeded(0):
        flow, data = Flow(), 3 * torch.randn(400, 2) + 1
        optimizer, losses = torch.optim.Adam(flow.parameters(), lr=lr), list[float]()
        with watch(flow, optimizer) as watching:
            for rows in torch.randint(0, 400, (80, 32)):
                loss = -flow.log_prob(data[rows]).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss.item())
                losses.append(loss.item())
    case = watching.case()
    np.testing.assert_allclose(train(case, case.start, 30)[1], np.array(losses[:30]), rtol=1e-3)
    assert PROBES["lr-too-high"](case).found is found
