"""A run has its own random numbers: it neither uses nor moves outside generators, in any thread, under any default."""

from __future__ import annotations

import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from lossbook import Experiment, History, build, run, sweep
from lossbook.data import Digits, RandomCrop
from lossbook.evidence import Batch
from lossbook.evidence.hooks import hook
from lossbook.evidence.replay import output_of
from lossbook.evidence.surroundings import quiet
from lossbook.initializers import He, Orthogonal
from lossbook.loop import Loop, Training
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP, MODELS, ConvNet, TinyTransformer
from lossbook.optim import SGD, Adam
from lossbook.probes.rewired import Beside
from lossbook.randomness import OwnGenerators, may_draw, own_draws
from lossbook.randomness.generators import lent
from lossbook.scenarios import SCENARIOS
from lossbook.schedules import Exponential

CPU = torch.device("cpu")
SMALL = Experiment(
    data=Digits(train_size=200),
    model=MLP(sizes=(784, 16, 10), dropout=0.3),
    loss=SoftmaxCrossEntropy(),
    optimizer=SGD(lr=0.1),
    steps=6,
    eval_every=3,
    device="cpu",
)


@dataclass(frozen=True)
class Made:
    """A model that a function builds."""

    make: Callable[[], nn.Module]

    def build(self) -> nn.Module:
        return self.make()


class Noisy(nn.Module):
    """A user's module that draws in its own way."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(784, 10)
        self.scale = nn.Parameter(1 + 0.1 * torch.randn(10))

    def forward(self, x: Tensor) -> Tensor:
        noise = torch.rand_like(x) if self.training else 0.5
        return self.scale * F.dropout(self.head((x + noise).flatten(1)), 0.2, self.training)


class NoisyLoop(Loop):
    """A loop that adds noise to the gradients."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        training.optimizer.zero_grad()
        loss = training.objective(x, y)
        loss.backward()
        for param in training.model.parameters():
            assert param.grad is not None
            param.grad += 0.01 * torch.randn_like(param)
        training.clip()
        training.optimizer.step()
        return loss


KINDS = {
    "dropout": SMALL,
    "batch norm": replace(SMALL, model=MLP(sizes=(784, 16, 10), norm="batch", dropout=0.2)),
    "augmentation": replace(SMALL, augment=RandomCrop(size=28, padding=3)),
    "initialiser": replace(SMALL, model=MLP(sizes=(784, 16, 10), init=He())),
    "convolutions": replace(SMALL, model=ConvNet((2, 3), hidden=8)),
    "attention": replace(SMALL, model=TinyTransformer(patch=14, width=8, depth=1, dropout=0.1)),
    "a module of one's own": replace(SMALL, model=Made(Noisy)),
    "a loop of one's own": replace(SMALL, loop=NoisyLoop()),
}


def seen(history: History) -> tuple[Any, ...]:
    """All computed numbers."""
    return history.loss, history.grad_norm, history.update_ratio, history.reference_loss, history.val_loss


def weights(net: nn.Module) -> Tensor:
    return torch.cat([param.detach().flatten() for param in net.parameters()])


@contextmanager
def somebody_draws() -> Iterator[None]:
    """Another thread seeds torch's global generator, and draws from it, all the time."""
    stop = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            torch.manual_seed(0)
            torch.rand(3)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("experiment", KINDS.values(), ids=KINDS.keys())
def test_threads_give_what_each_run_gives_alone_while_somebody_draws(experiment: Experiment) -> None:
    each = [replace(experiment, seed=seed) for seed in range(4)]
    alone = [seen(run(one)) for one in each]
    assert len(set(alone)) == 4
    with somebody_draws(), ThreadPoolExecutor(4) as pool:
        assert [seen(history) for history in pool.map(run, each)] == alone


@pytest.mark.parametrize("experiment", KINDS.values(), ids=KINDS.keys())
def test_a_run_and_a_build_move_no_global_generator(experiment: Experiment) -> None:
    state, numpys = torch.get_rng_state(), pickle.dumps(np.random.get_state())  # noqa: NPY002
    run(experiment)
    build(experiment)
    assert torch.equal(state, torch.get_rng_state())
    assert pickle.dumps(np.random.get_state()) == numpys  # noqa: NPY002


def test_a_reader_draws_what_the_seed_says_beside_a_run_in_a_thread() -> None:
    def draw() -> list[Tensor]:
        torch.manual_seed(3)
        return [torch.rand(3) for _ in range(200)]

    state = torch.get_rng_state()
    expected = draw()
    with ThreadPoolExecutor(1) as pool:
        for experiment in (SMALL, KINDS["a module of one's own"]):
            training = pool.submit(run, experiment)
            while not training.done():
                assert all(map(torch.equal, draw(), expected))
    torch.set_rng_state(state)


def test_no_other_device_is_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (torch.cuda, torch.mps, torch.xpu):
        for name in ("manual_seed", "manual_seed_all"):
            monkeypatch.setattr(module, name, lambda *_: pytest.fail("it was seeded"), raising=False)
    run(SMALL)
    build(SMALL)


def test_a_sweep_in_threads_and_in_processes_is_the_sweep_alone() -> None:
    values = [16, 24, 32, 48]
    alone = [seen(history) for history in sweep(SMALL, "batch_size", values)]
    with somebody_draws(), ThreadPoolExecutor(4) as threads:
        assert [seen(history) for history in sweep(SMALL, "batch_size", values, executor=threads)] == alone
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        assert [seen(history) for history in sweep(SMALL, "batch_size", values[:2], executor=processes)] == alone[:2]


def test_a_run_within_a_run_disturbs_neither() -> None:
    inner: list[Any] = []

    class Nested(Loop):
        def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
            inner.append(seen(run(KINDS["a module of one's own"])))
            return super().step(training, x, y)

    nested = run(replace(SMALL, loop=Nested()))
    assert seen(nested) == seen(run(SMALL))
    assert set(inner) == {seen(run(KINDS["a module of one's own"]))}


MODES: dict[str, Callable[[], Any]] = {
    "float64 as the default": lambda: torch.set_default_dtype(torch.float64),
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
}


@contextmanager
def entered(mode: str) -> Iterator[None]:
    context = MODES[mode]()
    try:
        if context is None:
            yield
        else:
            with context:
                yield
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_torch_is_set_to_outside_does_not_count(mode: str, dtype: str) -> None:
    experiment = replace(SMALL, dtype=dtype, steps=3)
    expected = seen(run(experiment))
    with entered(mode):
        default = torch.get_default_dtype()
        assert seen(run(experiment)) == expected
        assert torch.get_default_dtype() == default


@pytest.mark.parametrize(
    "model",
    [*MODELS.values(), MLP(norm="batch", init=Orthogonal()), TinyTransformer(norm_first=False, dropout=0.1)],
    ids=str,
)
def test_weights_are_the_same_under_any_default_dtype_and_device(model: Any) -> None:
    experiment = replace(SMALL, model=model)
    expected = build(experiment)
    with entered("float64 as the default"):
        wide = build(experiment)
    with torch.device("meta"):
        elsewhere = build(experiment)
    for net in (wide, elsewhere):
        assert net.state_dict().keys() == expected.state_dict().keys()
        for name, tensor in expected.state_dict().items():
            other = net.state_dict()[name]
            assert (other.dtype, other.device) == (tensor.dtype, CPU), name
            assert torch.equal(other, tensor), name


def test_probes_draw_from_generators_of_their_own() -> None:
    model, x = MLP(sizes=(784, 16, 10), dropout=0.5).build().train(), torch.zeros(4, 1, 28, 28)
    model.get_submodule("2").eval()  # an activation, frozen as a batch norm may be
    batch, modes, state = Batch.of(x), [module.training for module in model.modules()], torch.get_rng_state()
    with entered("float64 as the default"):
        beside, again = Beside(model, batch), Beside(model, batch)
    assert torch.equal(weights(beside), weights(again))
    assert {param.dtype for param in beside.parameters()} == {torch.float32}
    for mode in (True, False):
        assert torch.equal(output_of(model, batch, train_mode=mode), output_of(model, batch, train_mode=mode))
    with quiet(model):
        torch.rand(3)
        assert not model.get_submodule("2").training
    assert torch.equal(state, torch.get_rng_state())
    assert modes == [module.training for module in model.modules()]


# the mode


def same_draws(draw: Callable[[], Any]) -> None:
    """In the mode ``draw`` gives what it gives after ``manual_seed``, and the global generator stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = draw()
        torch.manual_seed(9)
        state = torch.get_rng_state()
        with OwnGenerators(5):
            assert torch.equal(draw(), expected)
        assert torch.equal(torch.get_rng_state(), state)


Z, P, SIGNAL = torch.zeros(6), torch.full((6,), 0.5), torch.ones(1, 1, 4, 2)
DRAWS: dict[str, Callable[[], Tensor]] = {
    "rand": lambda: torch.rand(6),
    "randn": lambda: torch.randn(2, 3, dtype=torch.float64),
    "complex": lambda: torch.randn(3, dtype=torch.complex64),
    "randint": lambda: torch.randint(9, (6,)) + torch.randint(2, 9, (6,)),
    "randperm": lambda: torch.randperm(6),
    "out": lambda: torch.rand(6, out=torch.empty(6)),
    "rand_like": lambda: torch.rand_like(Z) + torch.randn_like(Z),
    "randint_like": lambda: torch.randint_like(Z, 7) + torch.randint_like(Z, 2, 7),
    "normal": lambda: torch.normal(0.0, 1.0, (6,)) + torch.normal(Z, 1.0) + torch.normal(0.0, P) + torch.normal(Z, P),
    "bernoulli": lambda: torch.bernoulli(P) + torch.bernoulli(P, 0.3),
    "counts": lambda: torch.poisson(P) + torch.binomial(P + 2.5, P) + torch.multinomial(P, 6),
    "in place": lambda: Z.clone().uniform_().normal_().exponential_() + Z.clone().random_(5).cauchy_().log_normal_(),
    "geometric": lambda: Z.clone().geometric_(0.3),
    "distributions": lambda: torch.distributions.Gamma(P, P).sample() + torch.distributions.Beta(P, P).sample(),
    "gumbel": lambda: F.gumbel_softmax(Z),
    "dropout": lambda: F.dropout(P) + F.alpha_dropout(P, training=True) + F.dropout1d(P[None], training=True)[0],
    "native_dropout": lambda: torch.native_dropout(P, 0.3, True)[0],
    "rrelu": lambda: F.rrelu(P - 1, training=True),
    "fractional pooling": lambda: nn.FractionalMaxPool2d(2, output_size=3)(torch.arange(49.0).view(1, 7, 7)),
    "lstm": lambda: nn.LSTM(3, 4, 2, dropout=0.5)(torch.ones(2, 1, 3))[0],
    "attention": lambda: F.scaled_dot_product_attention(SIGNAL, SIGNAL, SIGNAL, dropout_p=0.5),
    "svd_lowrank": lambda: torch.svd_lowrank(torch.arange(16.0).view(4, 4), 2)[1],
    "layers": lambda: weights(nn.TransformerEncoderLayer(8, 2)),
    "vmap": lambda: torch.vmap(lambda x: x + torch.randn(()), randomness="different")(Z),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
@pytest.mark.parametrize("inference", [False, True])
def test_every_draw_comes_from_the_modes_generator_with_the_same_bits(
    draw: Callable[[], Tensor], inference: bool
) -> None:
    with torch.inference_mode(inference):
        same_draws(draw)


def test_dropout_drops_in_the_backward_pass_what_it_dropped_in_the_forward_pass() -> None:
    x = torch.ones(50, requires_grad=True)
    with OwnGenerators(0):
        y = F.dropout(x)
        y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


@pytest.mark.parametrize(("p", "train"), [(0.0, True), (0.4, True), (1.0, True), (0.4, False)])
def test_the_dropout_of_a_gpu_has_the_form_of_torchs(p: float, train: bool) -> None:
    x = torch.arange(20.0)
    with OwnGenerators(0):
        ours, kept = torch.native_dropout(x, p, train)
    theirs, mask = torch.native_dropout(
        x,
        p,
        train,
    )
    assert (ours.dtype, kept.dtype, kept.shape) == (theirs.dtype, mask.dtype, mask.shape)
    torch.testing.assert_close(ours, x * kept / (1 - p if train and p < 1 else 1))


def test_a_generator_of_the_callers_own_is_used() -> None:
    def draw() -> Tensor:
        own = torch.Generator().manual_seed(1)
        return torch.rand(3, generator=own) + torch.zeros(3).normal_(generator=own)

    expected = draw()
    with OwnGenerators(7):
        assert torch.equal(draw(), expected)


def test_the_mode_goes_on_where_it_stopped() -> None:
    mode = OwnGenerators(3)
    with mode:
        first = torch.rand(2)
    with mode:
        second = torch.rand(2)
    assert torch.equal(torch.cat([first, second]), torch.rand(4, generator=torch.Generator().manual_seed(3)))


def test_nothing_is_drawn_on_meta() -> None:
    with OwnGenerators(0):
        assert nn.Linear(3, 2, device="meta").weight.device.type == "meta"
        assert torch.rand(3, device="meta").normal_().shape == (3,)


def test_only_tensors_that_ask_for_no_dtype_get_the_modes() -> None:
    with entered("float64 as the default"), OwnGenerators(0, torch.float32):
        made = [torch.ones(2), torch.empty(2), torch.full((2,), 0.5), torch.arange(0, 1, 0.5), torch.randn(2)]
        made += [torch.eye(2), torch.linspace(0, 1, 3), torch.normal(0.0, 1.0, (2,))]
        assert {tensor.dtype for tensor in made} == {torch.float32}
        whole = (torch.full((2,), 1), torch.arange(3), torch.randint(3, (2,)), torch.randperm(3))
        assert {tensor.dtype for tensor in whole} == {torch.int64}
        asked = (torch.ones(2, dtype=torch.float64), torch.zeros_like(torch.ones(2, dtype=torch.float64)))
        assert {tensor.dtype for tensor in asked} == {torch.float64}


def test_a_global_generator_is_lent_and_comes_back_even_after_an_error() -> None:
    own, state = torch.Generator().manual_seed(4), torch.get_rng_state()
    drawn = []
    with suppress(RuntimeError), lent(own):
        drawn.append(torch.rand(2))
        raise RuntimeError
    assert torch.equal(torch.get_rng_state(), state)
    second = torch.rand(2, generator=own)
    assert torch.equal(torch.cat([*drawn, second]), torch.rand(4, generator=torch.Generator().manual_seed(4)))


# who draws


def test_a_known_training_that_is_said_to_draw_nothing_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract of ``may_draw``, on every model and every scenario."""
    drawn: list[Any] = []
    given = OwnGenerators.generator

    def generator(mode: OwnGenerators, *operation: Any) -> Any:
        drawn.append(operation)
        return given(mode, *operation)

    monkeypatch.setattr(OwnGenerators, "generator", generator)
    experiments = [replace(SMALL, model=model) for model in MODELS.values()]
    experiments += [replace(row.broken, device="cpu") for row in SCENARIOS.values()]
    quiet = 0
    for experiment in experiments:
        net = build(experiment).train()
        if may_draw([net, experiment.loss, experiment.loop, experiment.optimizer]):
            continue
        quiet += 1
        x = torch.as_tensor(experiment.data.load().train_x[:8])
        drawn.clear()
        with OwnGenerators(0), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net(x)
        assert not drawn, experiment
    assert quiet > 50  # may_draw does not always say yes


def hooked() -> nn.Module:
    net = nn.Linear(2, 2)
    net.register_forward_pre_hook(lambda *_: None)
    return net


def watched() -> nn.Module:
    net = nn.Linear(2, 2)
    hook(net, before=None, after=lambda *_: None)
    return net


@pytest.mark.parametrize(
    ("part", "draws"),
    [
        (MLP().build(), False),
        (MLP(dropout=0.1).build(), True),
        (nn.Dropout(0), False),
        (nn.LSTM(2, 2, 2, dropout=0.1), True),
        (nn.TransformerEncoderLayer(4, 2, dropout=0.1), True),
        (nn.TransformerEncoderLayer(4, 2, dropout=0.0), False),
        (nn.TransformerEncoderLayer(4, 2, dropout=0.0, activation=lambda x: F.dropout(x)), True),
        (nn.RReLU(), True),
        (Noisy(), True),
        (nn.Sequential(nn.Linear(2, 2), nn.Sequential(Noisy())), True),
        (hooked(), True),
        (watched(), False),
        (nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), True),
        (Adam(), False),
        (Loop(), False),
        (Adam(lr=Exponential(0.1, 0.9)).to_torch(nn.Linear(1, 1).parameters()), False),  # its schedule holds it in turn
        (NoisyLoop(), True),
        ((1, None, "a", {"b": [2.0, np.zeros(1)]}), False),
        ({"a": [object()]}, True),
        (Loop().step, False),
        (NoisyLoop().step, True),
        (F.dropout, True),
    ],
    ids=lambda value: str(value).split(" at 0x")[0],  # an address differs between workers
)
def test_what_is_not_known_may_draw(part: Any, draws: bool) -> None:
    assert may_draw(part) is draws


# programs that the mode cannot follow


class Stack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.Dropout(0.5))
        self.head = nn.Linear(20, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


class Checkpointed(Stack):
    def forward(self, x: Tensor) -> Tensor:
        return self.head(checkpoint(self.body, x, use_reentrant=False))


def again(body: nn.Module, x: Tensor) -> Tensor:
    return checkpoint(body, x, use_reentrant=False)


class Hidden(Stack):
    def forward(self, x: Tensor) -> Tensor:
        return self.head(again(self.body, x))


@pytest.mark.filterwarnings("ignore")  # TorchScript is deprecated
@pytest.mark.parametrize(
    "make",
    [Checkpointed, lambda: torch.compile(Stack(), backend="eager"), lambda: torch.jit.script(Stack())],
    ids=["checkpoint", "compile", "script"],
)
def test_what_the_mode_cannot_follow_takes_turns_and_gives_the_same(make: Callable[[], Any]) -> None:
    expected = seen(run(replace(SMALL, model=Made(Stack))))
    state = torch.get_rng_state()
    experiment = replace(SMALL, model=Made(make))
    assert seen(run(experiment)) == expected
    with ThreadPoolExecutor(3) as pool:
        assert [seen(history) for history in pool.map(run, [experiment] * 3)] == [expected] * 3
    assert torch.equal(torch.get_rng_state(), state)


def test_a_checkpoint_that_nobody_sees_is_refused_before_it_spoils_a_gradient() -> None:
    with pytest.raises(RuntimeError, match="torch.utils.checkpoint computes a part of the model again"):
        run(replace(SMALL, model=Made(Hidden)))


def test_the_turn_is_given_back_after_an_error() -> None:
    net = Checkpointed()
    state = torch.get_rng_state()
    for _ in range(2):
        with suppress(ValueError), own_draws(0, CPU, net):
            torch.rand(3)
            raise ValueError
    assert torch.equal(torch.get_rng_state(), state)
    with ThreadPoolExecutor(1) as pool:  # another thread may take it
        pool.submit(lambda: own_draws(0, CPU, net).__enter__()).result(timeout=20)
