"""Many runs at once equal single runs; those that cannot be batched run one by one, here or in other processes."""

from __future__ import annotations

import copy
import os
import pickle
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, History, lr_range_test, run, sweep
from lossbook.data import Corrupted, Digits, Normalize, Pool
from lossbook.data.corruptions import LabelNoise, NaNs
from lossbook.initializers import He, Normal, Zeros
from lossbook.losses import LOSSES, MSE, BinaryCrossEntropy, SoftmaxCrossEntropy
from lossbook.losses.class_loss import ClassLoss
from lossbook.metrics import Accuracy
from lossbook.models import ACTIVATIONS, MLP, ConvNet
from lossbook.optim import OPTIMIZERS, SGD, Adam, AdamW, ClipByValue, RMSprop, TorchTwin, batched
from lossbook.paths import replace_at
from lossbook.penalties import L2
from lossbook.scenarios.objective_bugs import MinusForgotten
from lossbook.schedules import Cosine, Exponential
from lossbook.sweeps import SweepError
from lossbook.sweeps.range_test import _judge
from lossbook.sweeps.stacked import losses, outputs, parameters
from lossbook.sweeps.together import stack

SMALL = Digits(train_size=200, train_transform=Pool(4), val_transform=Pool(4))
BASE = Experiment(
    data=SMALL,
    model=MLP(sizes=(49, 16, 10)),
    loss=SoftmaxCrossEntropy(),
    optimizer=Adam(lr=0.003),
    batch_size=32,
    steps=15,
    eval_every=5,
    dtype="float64",
    device="cpu",
)
BY_SGD = replace(BASE, optimizer=SGD(lr=0.05))
COMPUTED = [item.name for item in fields(History) if item.compare and item.name not in ("interrupted", "chance")]


@pytest.fixture(params=["as here", "backwards"])
def rounding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The products of a batched run, rounded as on this machine, and as on a machine that adds in another order."""
    if request.param == "backwards":
        monkeypatch.setattr(torch, "baddbmm", lambda bias, x, weight: bias + x.flip(-1) @ weight.flip(-2))


@lru_cache(maxsize=16)  # both roundings are compared with the same runs
def alone(experiment: Experiment) -> History:
    return run(experiment)


def assert_same(many: list[History], experiment: Experiment, path: str, values: list[Any], rtol: float = 1e-5) -> None:
    """Each of ``many`` equals the history of its single run, as long as that is finite."""
    assert len(many) == len(values)
    for history, value in zip(many, values, strict=True):
        single = alone(replace_at(experiment, path, value))
        assert len(history.seconds) == len(single.seconds)
        assert history.chance == single.chance
        for name in COMPUTED:
            got, expected = np.array(getattr(history, name)), np.array(getattr(single, name))
            finite = np.cumprod(np.isfinite(expected)).astype(bool)
            np.testing.assert_allclose(got[finite], expected[finite], rtol=rtol, err_msg=f"{name} at {path}={value}")
            assert got.shape == expected.shape


@pytest.mark.parametrize(
    ("experiment", "path", "values"),
    [
        (BASE, "optimizer.lr", [1e-4, 0.003, 0.1]),
        (BASE, "optimizer.betas", [(0.0, 0.9), (0.9, 0.999)]),
        (BASE, "optimizer.betas.0", [0.0, 0.5, 0.9]),
        (BASE, "optimizer.betas.1", [0.9, 0.99, 0.9999]),
        (BASE, "optimizer.eps", [0.0, 1e-8, 0.1]),
        (BASE, "optimizer.lr", [0.003, Cosine(lr=0.003, end=0.0, steps=15)]),
        (replace(BASE, optimizer=Adam(lr=Exponential(lr=0.01, gamma=0.5))), "optimizer.lr.gamma", [0.5, 0.9]),
        (replace(BASE, optimizer=AdamW(lr=0.003)), "optimizer.weight_decay", [0.0, 0.01, 1.0]),
        (replace(BASE, optimizer=AdamW(lr=0.003)), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, optimizer=RMSprop(lr=0.001)), "optimizer.rho", [0.9, 0.99]),
        (replace(BASE, optimizer=RMSprop(lr=0.001)), "optimizer.momentum", [0.0, 0.9]),
        (BY_SGD, "optimizer.lr", [0.01, 0.1, 1.0]),
        (BY_SGD, "optimizer.momentum", [0.0, 0.5, 0.99]),
        (BY_SGD, "optimizer.weight_decay", [0.0, 0.1]),
        (replace(BY_SGD, optimizer=SGD(momentum=0.5, nesterov=True)), "optimizer.momentum", [0.5, 0.9]),
        (replace(BASE, model=MLP(sizes=(49, 16, 10), init=Normal(0.1))), "model.init.std", [0.0, 0.01, 1.0]),
        (BASE, "model.init", [He(), Zeros(), None]),
        (BASE, "seed", [0, 1, 1, 7]),
        (replace(BASE, data=Corrupted(SMALL, LabelNoise(share=0.0))), "data.corruption.share", [0.0, 0.3, 1.0]),
        (replace(BASE, data=SMALL, shuffle=False), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, drop_last=True), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, drop_last=True), "seed", [0, 1]),
        (replace(BASE, loss=SoftmaxCrossEntropy(reduction="sum", label_smoothing=0.1)), "optimizer.lr", [1e-3, 1e-4]),
        (replace(BASE, reference=SoftmaxCrossEntropy()), "optimizer.lr", [1e-3, 1e-4]),
        (replace(BASE, loss=SoftmaxCrossEntropy(weights=(1.0, *(2.0,) * 9))), "optimizer.lr", [1e-3, 1e-2]),
        (replace(BASE, loss=SoftmaxCrossEntropy(ignore_index=3)), "seed", [0, 1]),
        (replace(BASE, loss=torch.nn.CrossEntropyLoss()), "optimizer.lr", [1e-3, 1e-2]),
        (replace(BASE, loss=MinusForgotten(), reference=SoftmaxCrossEntropy()), "seed", [0, 1]),
        (replace(BASE, check_data=False, data=Corrupted(SMALL, NaNs(count=3))), "seed", [0, 1]),
        (
            replace(BASE, model=MLP(sizes=(49, 8, 8, 8, 10), activation="tanh", bias=False)),
            "optimizer.lr",
            [1e-3, 1e-2],
        ),
        (replace(BASE, model=MLP(sizes=(49, 8, 8, 8, 10), norm="layer", residual=True)), "optimizer.lr", [1e-3, 1e-2]),
        (replace(BASE, model=MLP(sizes=(49, 10)), steps=0), "optimizer.lr", [1e-3, 1e-2]),
        (BASE, "optimizer.amsgrad", [False, True]),
        (BASE, "optimizer", [SGD(lr=0.1), Adam(lr=0.01), Adam(lr=0.001)]),
        (
            replace(BASE, data=Digits(train_size=64), model=ConvNet((2, 3), hidden=4, dropout=(0.0, 0.0)), steps=2),
            "optimizer.lr",
            [1e-3, 1e-2],
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_batched_runs_are_the_single_runs(experiment: Experiment, path: str, values: list[Any], dtype: str) -> None:
    experiment = replace(experiment, dtype=dtype)
    many = sweep(experiment, path, values)
    assert all(history.batched for history in many)
    assert_same(many, experiment, path, values)


@pytest.mark.edge
@pytest.mark.usefixtures("rounding")
@pytest.mark.parametrize("rule", [SGD(lr=0.05, momentum=0.9), Adam(lr=0.003)])
def test_no_error_adds_up_over_many_steps(rule: Any) -> None:
    """At the edge of divergence and beyond, 300 steps enlarge any error a thousandfold.

    Rounding in double precision then gives 1e-12; an error in a formula, or 1e-7 from single precision, stands out.
    """
    experiment = replace(BASE, optimizer=rule, steps=300)
    lrs = [0.003, 0.3, 3.0, 1e30]
    assert_same(sweep(experiment, "optimizer.lr", lrs), experiment, "optimizer.lr", lrs, rtol=1e-9)


@pytest.mark.edge
@pytest.mark.usefixtures("rounding")
@pytest.mark.parametrize(
    ("rule", "path", "values"),
    [
        (SGD(lr=0.05), "optimizer.lr", [0.003, 0.03, 0.1]),
        (SGD(lr=0.01), "optimizer.momentum", [0.0, 0.5, 0.9]),
        (Adam(lr=0.003), "optimizer.betas.1", [0.99, 0.999, 0.9999]),
    ],
)
def test_rounding_in_single_precision_adds_up_but_does_not_grow(rule: Any, path: str, values: list[Any]) -> None:
    """A step on a convex loss does not move two weights further apart, so that 300 steps add at most 300 roundings.

    A setting in single precision would be coarser than that: for a beta of 0.9999, 1 - beta is wrong by 1e-4.
    """
    experiment = replace(BASE, model=MLP(sizes=(49, 10)), optimizer=rule, dtype="float32", steps=300)
    bound = experiment.steps * torch.finfo(torch.float32).eps
    assert_same(sweep(experiment, path, values), experiment, path, values, rtol=bound)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_each_run_has_the_loss_and_the_gradient_of_its_own_net(loss: Any, activation: str, reduction: str) -> None:
    loss = replace(loss, reduction=reduction)
    torch.manual_seed(0)
    nets = [MLP(sizes=(5, 4, 3), activation=activation).build().double() for _ in range(3)]
    x, labels = torch.randn(3, 7, 5, dtype=torch.float64), torch.randint(3, (3, 7))
    y = labels if isinstance(loss, ClassLoss) else 2.0 * torch.randint(2, (3, 7, 3)).double() - 1
    y = (y + 1) / 2 if isinstance(loss, BinaryCrossEntropy) else y
    flat = torch.stack([torch.nn.utils.parameters_to_vector(net.parameters()).detach() for net in nets])
    value = losses(loss, outputs(nets[0], parameters(nets[0], flat.requires_grad_()), x), y)
    (grad,) = torch.autograd.grad(value.sum(), flat)
    for row, net in enumerate(nets):
        own = loss.value(net(x[row]), y[row])
        own_grad = torch.autograd.grad(own, list(net.parameters()))
        torch.testing.assert_close(value[row], own, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(grad[row], torch.cat([g.flatten() for g in own_grad]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("path", "values", "groups"),
    [
        ("optimizer.lr", [0.1, 0.2, Cosine(lr=0.1, end=0.0, steps=5)], [3]),
        ("optimizer.eps", [1e-8, 1e-8, 1e-4], [2, 1]),
        ("optimizer", [Adam(lr=0.1), Adam(lr=0.2), SGD()], [2, 1]),
        ("seed", [0, 1, 2], [3]),
    ],
)
def test_runs_whose_rules_differ_in_the_learning_rate_alone_share_one(
    path: str, values: list[Any], groups: list[int]
) -> None:
    stacked = stack([replace_at(BASE, path, value) for value in values], path)
    assert stacked is not None
    assert [runs.stop - runs.start for runs, _ in stacked.rules] == groups


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_every_rule_takes_a_learning_rate_for_each_run(rule: Any) -> None:
    experiment = replace(BASE, optimizer=rule, steps=5)
    assert_same(sweep(experiment, "optimizer.lr", [0.001, 0.01]), experiment, "optimizer.lr", [0.001, 0.01])


def test_a_run_that_diverges_does_not_disturb_the_others() -> None:
    values = [0.01, 1e200, 0.1]
    many = sweep(BY_SGD, "optimizer.lr", values)
    assert not np.isfinite(many[1].loss[-1])
    assert np.isfinite(many[0].loss + many[2].loss).all()
    assert_same(many, BY_SGD, "optimizer.lr", values)


@dataclass(frozen=True)
class Other(SoftmaxCrossEntropy):
    """A user's own loss, of which nothing is known."""


@pytest.mark.parametrize(
    ("experiment", "path", "values"),
    [
        (BASE, "batch_size", [8, 16]),
        (BASE, "model.sizes.1", [4, 8]),
        (BASE, "optimizer", [TorchTwin(Adam()), Adam()]),
        (BASE, "optimizer", [Adam(), TorchTwin(Adam())]),
        (BASE, "data.train_transform", [Pool(4), Pool(4, Normalize(0.0, 1.0))]),
        (replace(BASE, penalty=L2(0.1)), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, clipping=ClipByValue(0.1)), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, optimizer=TorchTwin(Adam())), "optimizer.rule.lr", [0.001, 0.01]),
        (replace(BASE, loss=Other()), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, loss=torch.nn.functional.cross_entropy), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, model=MLP(sizes=(49, 8, 10), dropout=0.5)), "optimizer.lr", [0.001, 0.01]),
        (replace(BASE, model=MLP(sizes=(49, 8, 10), norm="batch")), "optimizer.lr", [0.001, 0.01]),
    ],
)
def test_all_else_is_run_singly(experiment: Experiment, path: str, values: list[Any]) -> None:
    experiment = replace(experiment, steps=3)
    many = sweep(experiment, path, values)
    assert not any(history.batched for history in many)
    assert many == [run(replace_at(experiment, path, value)) for value in values]


def test_numpys_numbers_count_as_pythons() -> None:
    (history,) = sweep(BASE, "optimizer.lr", np.logspace(-3, -3, 1))
    assert type(history.lr[0]) is float


def test_whether_it_was_batched_is_saved(tmp_path: Any) -> None:
    (history,) = sweep(BASE, "optimizer.lr", [0.001])
    assert History.load(history.save(tmp_path / "run.json")).batched
    assert pickle.loads(pickle.dumps(history)) == history


@pytest.mark.parametrize(
    ("path", "values", "error", "words"),
    [
        ("optimizer.rate", [0.1], ValueError, "Adam has no 'rate'; it has lr, betas"),
        ("optimizer.lr", [0.1, -1.0], ValueError, r"lr must lie in \[0, inf\), got -1.0"),
        ("optimizer.lr", [0.1, "big"], TypeError, "lr must be a Python number, got 'big'"),
        ("optimizer.lr", [], ValueError, "values must hold at least one value, got none."),
        ("batch_size", [8, 0], ValueError, "batch_size must be at least 1, got 0"),
    ],
)
def test_bad_values_are_refused_before_any_training(
    path: str, values: list[Any], error: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossbook.sweeps.many.run", lambda *_, **__: pytest.fail("it was trained"))
    with pytest.raises(error, match=words):
        sweep(BASE, path, values)


def test_what_a_single_run_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="model must take the batches of the data.* mat1 and mat2"):
        sweep(replace(BASE, model=MLP(sizes=(50, 10))), "optimizer.lr", [0.1, 0.2])
    with pytest.raises(ValueError, match="batch_size must be at most the number of training examples, 200"):
        sweep(replace(BASE, drop_last=True, batch_size=201), "optimizer.lr", [0.1, 0.2])
    with pytest.raises(ValueError, match="labels must lie in 0..2"):
        sweep(replace(BASE, model=MLP(sizes=(49, 3))), "optimizer.lr", [0.1, 0.2])
    with pytest.raises(ValueError, match="must have the same shape"):
        sweep(replace(BASE, loss=MSE()), "optimizer.lr", [0.1, 0.2])


def test_ctrl_c_ends_batched_runs_early(monkeypatch: pytest.MonkeyPatch) -> None:
    from lossbook.sweeps import together as module

    steps, step = iter(range(3)), module._step
    monkeypatch.setattr(module, "_step", lambda *args: step(*args) if next(steps, None) is not None else _interrupt())
    for history in sweep(BASE, "optimizer.lr", [0.001, 0.01]):
        assert history.interrupted
        assert len(history.loss) == len(history.lr) == len(history.seconds) == 3
        assert history.eval_step == (0,)


def _interrupt() -> Any:
    raise KeyboardInterrupt


def test_a_run_that_fails_is_named_and_the_others_are_kept() -> None:
    values = [(49, 10), (50, 10), (49, 4, 10)]
    words = r"No history of model.sizes = \(50, 10\) \(ValueError.*must take the batches.*2 of 3 runs"
    with pytest.raises(SweepError, match=words) as caught:
        sweep(BASE, "model.sizes", values)
    assert caught.value.finished == {sizes: run(replace_at(BASE, "model.sizes", sizes)) for sizes in values[::2]}
    for again in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert (type(again), str(again)) == (SweepError, str(caught.value))
        assert again.finished == caught.value.finished


class Share:
    """A user's own metric, which gives a Python float."""

    def value(self, output: torch.Tensor, target: torch.Tensor) -> float:
        return float((output.argmax(dim=-1) == target).float().mean())


@pytest.mark.parametrize("metric", [Share(), Accuracy()], ids=["float", "tensor"])
def test_a_metric_may_give_a_float(metric: Any) -> None:
    experiment = replace(BASE, metric=metric)
    many = sweep(experiment, "optimizer.lr", [0.001, 0.01])
    assert all(history.batched for history in many)
    assert_same(many, experiment, "optimizer.lr", [0.001, 0.01])
    assert len({history.metric for history in many}) == 2


def test_a_metric_that_gives_no_number_is_refused_before_any_training() -> None:
    class Words:
        def value(self, output: Any, target: Any) -> Any:
            return output

    for path, values in (("optimizer.lr", [0.1, 0.2]), ("batch_size", [8, 16])):
        with pytest.raises((ValueError, SweepError), match="metric must give one number, got .*Words"):
            sweep(replace(BASE, metric=Words()), path, values)


@pytest.mark.parametrize("threads", [None, 1])
def test_ctrl_c_keeps_the_runs_that_are_done(threads: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(experiment: Experiment, **_: Any) -> History:
        return replace(run(experiment), interrupted=experiment.batch_size == 16)

    monkeypatch.setattr("lossbook.sweeps.many.run", train)
    executor = None if threads is None else ThreadPoolExecutor(threads)
    with pytest.raises(SweepError, match=r"Interrupted at batch_size = 16; finished has 1 of 4 runs.") as caught:
        sweep(BASE, "batch_size", [8, 16, 32, 64], executor=executor)
    assert caught.value.finished == {8: run(replace(BASE, batch_size=8))}


# the learning-rate range test


def test_the_range_test_finds_where_a_training_moves_and_where_it_breaks() -> None:
    experiment = replace(BY_SGD, data=Digits(train_size=2000), model=MLP(sizes=(784, 16, 10)), dtype="float32")
    found = lr_range_test(experiment, low=1e-4, high=100.0, steps=200)
    assert found.suggested is not None
    assert found.blow_up is not None
    assert found.lrs[0] == 1e-4
    assert found.lrs[-1] <= 100.0 * (1 + 1e-12)
    assert len(found.lrs) == len(found.losses) == len(found.smoothed) <= 200
    assert found.suggested < found.blow_up
    safe, lost = sweep(replace(experiment, steps=100), "optimizer.lr", [found.suggested, 10 * found.blow_up])
    assert safe.reference_loss[-1] < 0.8 * safe.reference_loss[0]
    assert not lost.reference_loss[-1] < 0.95 * lost.reference_loss[0]


def test_the_range_test_takes_torchs_own_optimiser_too() -> None:
    ours, theirs = (lr_range_test(replace(BASE, optimizer=rule), steps=10) for rule in (Adam(), TorchTwin(Adam())))
    np.testing.assert_allclose(ours.losses, theirs.losses)


def test_a_loss_that_never_falls_gives_no_suggestion() -> None:
    found = lr_range_test(BY_SGD, low=1e-9, high=1e-8, steps=20)
    assert (found.suggested, found.blow_up) == (None, None)
    assert _judge((1.0, 2.0, 3.0), (2.0, 2.1, float("nan"))).blow_up == 3.0
    assert _judge((1.0, 2.0, 3.0), (2.0, 2.1, 90.0)).blow_up == 2.0  # the mean of a loss and its neighbours


def test_the_steepest_fall_and_the_blow_up_are_where_they_were_put() -> None:
    lrs = tuple(float(lr) for lr in np.logspace(-4, 0, 101))
    x = np.log10(lrs)
    fall, rise = 1 / (1 + np.exp(-(x + 2) / 0.2)), 1 / (1 + np.exp(-(x + 0.5) / 0.05))  # at 10⁻², at 10^-½
    losses = 2 - 1.5 * fall + 3 * rise
    found = _judge(lrs, (*losses[:90].tolist(), *[float("nan")] * 11))
    assert found.suggested == pytest.approx(1e-2, rel=0.1)
    assert found.blow_up == pytest.approx(10**-0.55, rel=0.15)
    assert len(found.losses) == 90


@pytest.mark.parametrize(
    ("knobs", "error", "words"),
    [
        ({"low": 0.0}, ValueError, r"low must lie in \(0, inf\), got 0.0"),
        ({"low": 1.0, "high": 0.1}, ValueError, "low must be below high, 0.1, got 1.0."),
        ({"steps": 9}, ValueError, "steps must be at least 10, got 9"),
        ({"high": "big"}, TypeError, "high must be a Python number"),
    ],
)
def test_the_range_test_refuses_bad_knobs(knobs: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lr_range_test(BASE, **knobs)


# one rule for many runs


@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_a_batched_rule_updates_each_run_by_its_own_rule(make: Any) -> None:
    rules = [AdamW(lr=0.1 * n, betas=(0.1 * n, 0.99), eps=10.0**-n, weight_decay=0.1 * n) for n in range(1, 4)]
    rng = np.random.default_rng(0)
    theta, grads = rng.normal(size=(3, 2, 2)), rng.normal(size=(4, 3, 2, 2))
    many = batched(rules, make(theta))
    state, param = many.init(make(theta)), make(theta)
    for grad in grads:
        delta, state = many.update(make(grad), state, param)
        param = param + delta
    for row, rule in enumerate(rules):
        state, single = rule.init(make(theta[row])), make(theta[row])
        for grad in grads[:, row]:
            delta, state = rule.update(make(grad), state, single)
            single = single + delta
        np.testing.assert_allclose(np.asarray(param)[row], np.asarray(single), rtol=1e-12)


def test_rules_that_cannot_be_one_are_refused() -> None:
    theta = np.zeros((2, 3))
    with pytest.raises(ValueError, match="rules must hold one rule for each run, 2, got 1."):
        batched([SGD()], theta)
    with pytest.raises(TypeError, match="rules must be of one class, got Adam, SGD."):
        batched([SGD(), Adam()], theta)
    with pytest.raises(TypeError, match="amsgrad must be a Python number, got False"):
        batched([Adam(), Adam(amsgrad=True)], theta)


# other processes


@dataclass(frozen=True)
class Fragile:
    """A model whose ``build`` ends the whole process if it is told to."""

    dies: bool = False

    def build(self) -> torch.nn.Module:
        if self.dies:
            time.sleep(1.0)
            os._exit(1)
        return MLP(sizes=(49, 4, 10)).build()


def dask_test(test: Any) -> Any:
    """All in one worker, with one cluster. Dask leaves sockets open when a port is taken."""
    return pytest.mark.filterwarnings("ignore::ResourceWarning")(pytest.mark.xdist_group("dask")(test))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    dask = pytest.importorskip("dask")
    from dask.distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.worker.daemon": True}),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@dask_test
@pytest.mark.parametrize("as_executor", [True, False], ids=["executor", "client"])
def test_dask_workers_give_the_same(client: Any, as_executor: bool) -> None:
    many = sweep(BASE, "batch_size", [8, 16, 32], executor=client.get_executor() if as_executor else client)
    assert many == sweep(BASE, "batch_size", [8, 16, 32])


@dask_test
def test_a_worker_that_dies_is_named_and_the_others_are_kept(client: Any) -> None:
    experiment = replace(BASE, model=Fragile(), steps=3)
    with pytest.raises(SweepError, match=r"No history of model.dies = True \(KilledWorker.* 1 of 2 runs") as caught:
        sweep(experiment, "model.dies", [False, True], executor=client)
    (kept,) = caught.value.finished.values()
    assert list(caught.value.finished) == [False]
    assert kept == run(experiment)  # though workers have threads of their own
