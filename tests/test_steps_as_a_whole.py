"""Steps whose loss is no function of one output: a copy repeats all their lines, on the same numbers."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import train
from lossbook.evidence.structure import leaves
from lossbook.probes import PROBES

STEPS = 12
Step = Callable[[nn.Module, Tensor, Tensor], Tensor]


class Cell(nn.Module):
    """(N, 2) numbers and a state -> (N, 3) scores and the next state."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.last = nn.LSTMCell(2, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        state = self.cell(x, state)
        return self.last(state[0]), state


def a_state_handed_on(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    state, losses = None, list[Tensor]()
    for place in range(x.size(1)):
        scores, state = net(x[:, place], state)
        losses.append(F.cross_entropy(scores, y[:, place]))
    return torch.stack(losses).mean()


def the_last_score_alone(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    state = None
    for place in range(x.size(1)):
        scores, state = net(x[:, place], state)
    return F.cross_entropy(scores, y[:, -1])


class Decoder(nn.Module):
    """(N,) words and a state -> (N, 3) scores of the next word, and the next state."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.cell, self.last = nn.Embedding(3, 4), nn.GRUCell(4, 4), nn.Linear(4, 3)
        self.dropout = nn.Dropout(0.0)

    def forward(self, word: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        state = self.cell(self.embed(word), state)
        return self.dropout(self.last(state)), state


LENGTHS, TEACHES = itertools.cycle((6, 4, 5)), itertools.cycle((True, False, True, True))


def a_sentence_word_by_word(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The sentences of each batch have another length, and the next word is now the right one, now its own."""
    state, word, loss = x.mean(1).repeat(1, 2).tanh(), torch.zeros(len(x), dtype=torch.long), torch.zeros(())
    length = next(LENGTHS)
    for place in range(length):
        scores, state = net(word, state)
        loss = loss + F.cross_entropy(scores, y[:, place])
        word = y[:, place] if next(TEACHES) else scores.argmax(1)
    return loss / length


def a_path_that_is_followed(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The net gives the speed; what is between its calls is the loop's."""
    place, error = x[:, 0], torch.zeros(())
    for step in range(1, 6):
        place = place + 0.1 * net(place)
        error = error + (place - x[:, step]).pow(2).sum(1).mean()
    return error / 5


def a_learned_optimizer(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """It makes steps for a small problem, whose losses are summed up."""
    place, total = x[:, 0].clone().requires_grad_(), torch.zeros(())
    for _ in range(4):
        loss = (place - x[:, 1]).pow(2).sum(1).mean()
        (slope,) = torch.autograd.grad(loss, place, create_graph=True)
        place = place - net(slope.detach())
        total = total + (place - x[:, 1]).pow(2).sum(1).mean()
    return total


def actions_that_were_drawn(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """REINFORCE: a step is an episode, whose states do not hang on the net by anything that torch sees."""
    rng, state, chances, rewards = np.random.default_rng(0), np.ones(2), list[Tensor](), list[float]()
    for _ in range(next(LENGTHS)):
        chosen = torch.distributions.Categorical(logits=net(torch.tensor(state, dtype=torch.float)))
        action = chosen.sample()
        chances.append(chosen.log_prob(action))
        state = state + 0.1 * rng.normal(size=2) - 0.1 * action.item()
        rewards.append(float(state.sum()))
    returns = torch.tensor(np.cumsum(rewards[::-1])[::-1].copy(), dtype=torch.float)
    returns = (returns - returns.mean()) / returns.std()
    return -(torch.stack(chances) * returns).sum()


def small(outputs: int) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, outputs))


#: step -> its net
CHAINED: dict[Step, Callable[[], nn.Module]] = {
    a_state_handed_on: Cell,
    the_last_score_alone: Cell,
    a_sentence_word_by_word: Decoder,
    a_path_that_is_followed: small(2),
    a_learned_optimizer: small(2),
    actions_that_were_drawn: small(2),
}


def an_equation(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """A net that is to obey an equation between its slopes, and a value at the border."""
    place, time = (x[:, 0, i : i + 1].clone().requires_grad_() for i in (0, 1))
    u = net(torch.cat([place, time], dim=1))
    u_t = torch.autograd.grad(u, time, grad_outputs=torch.ones_like(u), create_graph=True)[0]
    u_x = torch.autograd.grad(u, place, grad_outputs=torch.ones_like(u), create_graph=True)[0]
    u_xx = torch.autograd.grad(u_x, place, torch.ones_like(u_x), create_graph=True)[0]
    border = net(torch.cat([x[:, 1, :1], torch.zeros(len(x), 1)], dim=1))
    return (u_t + u * u_x - 0.01 * u_xx).pow(2).mean() + F.mse_loss(border, -torch.sin(x[:, 1, :1]))


def a_penalty_for_slopes(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The critic of a WGAN-GP."""
    real, made = x[:, 0], x[:, 1] * 2 + 1
    share = torch.rand(len(x), 1)
    between = (share * real + (1 - share) * made).requires_grad_(True)
    scores = net(between)
    slopes = torch.autograd.grad(
        outputs=scores, inputs=between, grad_outputs=torch.ones(scores.size()), create_graph=True, retain_graph=True
    )[0]
    penalty = ((slopes.view(len(x), -1).norm(2, dim=1) - 1) ** 2).mean()
    return net(made).mean() - net(real).mean() + 10 * penalty


OTHER = nn.Linear(2, 2)


def a_penalty_between_nets(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The same, where what the generator made is not cut off from its weights."""
    made, share = OTHER(x[:, 1]), torch.rand(len(x), 1)
    difference = net(made).mean() - net(x[:, 0]).mean()
    between = share * x[:, 0] + (1 - share) * made
    scores = net(between)
    slopes = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)[0]
    return difference + 10 * ((slopes.norm(2, dim=1) - 1) ** 2).mean()


def forces_of_an_energy(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    places, forces = x[:, 0].requires_grad_(), x[:, 1]
    energy = net(places)
    made = -torch.autograd.grad(energy.sum(), places, create_graph=True)[0]
    return F.l1_loss(made, forces) + 0.1 * (energy.squeeze() - y[:, 0]).pow(2).mean()


def scores_of_a_density(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Sliced score matching."""
    sample = x[:, 0].detach().requires_grad_(True)
    direction = torch.randn_like(sample)
    score = net(sample)
    slope = torch.autograd.grad((score * direction).sum(), sample, create_graph=True)[0]
    return ((direction * slope).sum(1) + 0.5 * (score * direction).sum(1) ** 2).mean()


SLOPES: dict[Step, Callable[[], nn.Module]] = {
    an_equation: small(1),
    a_penalty_for_slopes: small(1),
    a_penalty_between_nets: small(1),
    forces_of_an_energy: small(1),
    scores_of_a_density: small(2),
}


def watched(make: Callable[[], nn.Module], loss_of: Step) -> tuple[Case, list[float]]:
    with seeded(0):
        net = make()
        batches = [(torch.randn(8, 6, 2), torch.randint(3, (8, 6))) for _ in range(4)]
    optimizer, losses = torch.optim.Adam(net.parameters(), lr=0.02), list[float]()
    with seeded(1), watch(net, optimizer) as watching:
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = loss_of(net, *batches[step % len(batches)])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return watching.case(), losses


@pytest.mark.parametrize("loss_of", CHAINED)
def test_a_copy_repeats_all_calls_with_what_its_own_calls_gave(loss_of: Step) -> None:
    case, losses = watched(CHAINED[loss_of], loss_of)
    assert not case.seen.gaps
    assert len(case.batches) == STEPS
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


@pytest.mark.parametrize("loss_of", SLOPES)
def test_a_loss_of_slopes_is_repeated(loss_of: Step) -> None:
    case, losses = watched(SLOPES[loss_of], loss_of)
    assert not case.seen.gaps
    assert len(case.batches) == STEPS
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


def test_two_nets_with_an_optimizer_each_and_one_loss_are_repeated() -> None:
    with seeded(0):
        encoder, decoder = nn.GRU(2, 4, batch_first=True), Decoder()
        batches = [(torch.randn(8, 6, 2), torch.randint(3, (8, 6))) for _ in range(STEPS)]
    optimizers, losses = [torch.optim.Adam(net.parameters(), lr=0.02) for net in (encoder, decoder)], list[float]()
    with watch(nn.ModuleList([encoder, decoder]), optimizers) as watching:
        for x, y in batches:
            for optimizer in optimizers:
                optimizer.zero_grad()
            _, state = encoder(x)
            state, word, loss = state[0], torch.zeros(8, dtype=torch.long), torch.zeros(())
            for place in range(6):
                scores, state = decoder(word, state)
                loss, word = loss + F.cross_entropy(scores, y[:, place]), y[:, place]
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            losses.append(loss.item())
    case = watching.case()
    assert not case.seen.gaps
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


class Hidden(torch.autograd.Function):
    """Twice the tensor, by a way that no mode of torch sees."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return 2 * x

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        return 2 * slope


def a_hidden_function_between(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return net(Hidden.apply(net(x[:, 0]))).pow(2).mean()


def weights_used_outside(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return net(x[:, 0] @ net[0].weight.T @ net[0].weight).pow(2).mean()  # type: ignore[index]


def test_weights_that_the_loop_uses_are_those_of_the_copy() -> None:
    case, losses = watched(small(2), weights_used_outside)
    np.testing.assert_allclose(train(case, case.start, len(losses))[1], losses, rtol=1e-4)


def test_what_a_call_gets_by_an_unseen_way_is_not_told_again() -> None:
    case, _ = watched(small(2), a_hidden_function_between)
    assert case.loss_of is None
    assert "could not be repeated to the same numbers" in " ".join(case.seen.gaps)


@pytest.mark.parametrize("loss_of", [a_sentence_word_by_word, an_equation, a_penalty_for_slopes])
def test_fewer_examples_of_a_step_have_a_loss_as_well(loss_of: Step) -> None:
    case, _ = watched((CHAINED | SLOPES)[loss_of], loss_of)
    assert case.loss_of is not None
    few = case.batches[0].first(5)
    assert few.size == 5
    with torch.no_grad():
        assert torch.isfinite(case.loss_of(case.start.model, few))
        outputs = few.output(case.start.model)
    assert {len(leaf) for leaf in leaves(outputs)} == {5}


def test_a_net_called_often_without_a_loss_keeps_no_graph() -> None:
    net, x = nn.Linear(3, 2), torch.ones(4, 3)
    alive = []
    with watch(net, max_bytes=1000) as watching:
        for _ in range(40):
            output = net(x + 1)
            alive.append(weakref.ref(output))
            del output
        assert sum(each() is not None for each in alive) <= 1
        assert watching.keeper.left >= 0


def test_the_calls_of_one_step_leave_room_for_other_batches() -> None:
    with seeded(0):
        net, x, y = Cell(), torch.randn(8, 6, 2), torch.randint(3, (8, 6))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    kept = []
    for max_bytes in (0, 1000, 20_000, 1 << 20):
        with watch(net, optimizer, max_bytes=max_bytes) as watching:
            for _ in range(STEPS):
                optimizer.zero_grad()
                a_state_handed_on(net, x, y).backward()
                optimizer.step()
        case = watching.case()
        assert watching.keeper.left >= 0
        assert not case.batches or case.loss_of is not None or case.seen.gaps
        kept.append(len(case.batches) if case.loss_of is not None else 0)
    assert kept[0] == 0
    assert kept[-1] == STEPS


@pytest.mark.parametrize("loss_of", [a_state_handed_on, a_sentence_word_by_word, an_equation, a_penalty_for_slopes])
def test_no_test_accuses_a_healthy_step_of_several_calls(loss_of: Step) -> None:
    case, _ = watched((CHAINED | SLOPES)[loss_of], loss_of)
    readings = {key: decide(case) for key, decide in PROBES.items()}
    assert {key: str(one) for key, one in readings.items() if one.found or "the test itself" in one.sentence} == {}


def examples_made_harder(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Adversarial training."""
    x, y = x[:, 0], y[:, 0]
    shift = torch.zeros_like(x).requires_grad_()
    (slope,) = torch.autograd.grad(F.cross_entropy(net(x + shift), y), shift)
    return F.cross_entropy(net(x + 0.1 * slope.sign()), y)


def test_a_call_that_only_makes_the_input_of_another_is_left_out() -> None:
    case, losses = watched(small(3), examples_made_harder)
    assert not case.seen.gaps
    assert case.loss is not None
    assert {batch.calls for batch in case.batches} == {1}
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


def test_pieces_of_a_long_sequence_begin_with_the_state_that_was_cut_off() -> None:
    with seeded(0):
        net, x, y = Cell(), torch.randn(8, 6 * STEPS, 2), torch.randint(3, (8, 6 * STEPS))
    optimizer, losses = torch.optim.Adam(net.parameters(), lr=0.02), list[float]()
    state: Any = None
    with watch(net, optimizer) as watching:
        for first in range(0, 6 * STEPS, 6):
            optimizer.zero_grad()
            loss = torch.zeros(())
            for place in range(first, first + 6):
                scores, state = net(x[:, place], state)
                loss = loss + F.cross_entropy(scores, y[:, place])
            loss.backward()
            optimizer.step()
            state = tuple(each.detach() for each in state)
            losses.append(loss.item())
    case = watching.case()
    assert not case.seen.gaps
    np.testing.assert_array_equal(train(case, case.start, STEPS)[1], np.array(losses))


def test_a_net_that_draws_is_repeated_with_other_draws() -> None:
    def make() -> nn.Module:
        net = Decoder()
        net.dropout = nn.Dropout(0.3)
        return net

    case, losses = watched(make, a_sentence_word_by_word)
    assert not case.seen.gaps
    again = train(case, case.start, STEPS)[1]
    assert np.abs(again / np.array(losses) - 1).max() < 0.5
    assert (again != np.array(losses)).any()


def test_a_scalers_factor_is_taken_out_of_a_step() -> None:
    with seeded(0):
        net, x, y = Cell(), torch.randn(8, 6, 2), torch.randint(3, (8, 6))
    optimizer, scaler = torch.optim.SGD(net.parameters(), lr=0.1), torch.amp.GradScaler("cpu", init_scale=8.0)
    losses = []
    with watch(net, optimizer, scaler=scaler) as watching:
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = a_state_handed_on(net, x, y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            losses.append(loss.item())
    case = watching.case()
    assert not case.seen.gaps
    np.testing.assert_allclose(train(case, case.start, STEPS)[1], losses, rtol=1e-6)


def test_slopes_of_a_net_that_draws_are_not_repeated() -> None:
    case, _ = watched(lambda: nn.Sequential(small(8)(), nn.Dropout(0.3), nn.Linear(8, 1)), an_equation)
    assert case.loss_of is None
    assert "slopes of the output" in " ".join(case.seen.gaps)


def test_an_equation_whose_number_is_learned_too_is_not_repeated() -> None:
    with seeded(0):
        net, x = small(1)(), torch.randn(8, 1)
    speed = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([*net.parameters(), speed], lr=0.02)
    with watch(net, optimizer) as watching:
        for _ in range(STEPS):
            place, time = (x.clone().requires_grad_() for _ in range(2))
            u = net(torch.cat([place, time], dim=1))
            u_x, u_t = torch.autograd.grad(u, (place, time), torch.ones_like(u), create_graph=True)
            optimizer.zero_grad()
            (u_t + speed * u_x).pow(2).mean().backward()
            optimizer.step()
    case = watching.case()
    assert case.loss_of is None
    assert "weights that are not the model's" in " ".join(case.seen.gaps)
