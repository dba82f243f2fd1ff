"""A sweep over learning rates as one computation, against the loop that people write, once for each of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, batches, build, sweep
from lossbook.data import Digits, Pool
from lossbook.data.digits import REFERENCE_SIZE
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import Adam

INPUTS, HIDDEN, CLASSES = 14 * 14, 32, 10
BATCH, STEPS = 32, 200
LAB = Experiment(
    data=Digits(train_transform=Pool(), val_transform=Pool()),
    model=MLP(sizes=(INPUTS, HIDDEN, CLASSES)),
    loss=SoftmaxCrossEntropy(),
    optimizer=Adam(),
    batch_size=BATCH,
    steps=STEPS,
    eval_every=STEPS,
    device="cpu",
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def plain(lr: float, x: torch.Tensor, y: torch.Tensor, val_x: torch.Tensor, val_y: torch.Tensor) -> list[float]:
    """The loop that people write: the loss of each step, and last the held-out loss."""
    net, loss_of, losses = build(LAB), torch.nn.CrossEntropyLoss(), []
    optimizer, order = torch.optim.Adam(net.parameters(), lr=lr), batches(len(x), BATCH, LAB.seed)
    for _ in range(STEPS):
        index = torch.from_numpy(next(order))
        optimizer.zero_grad()
        loss = loss_of(net(x[index]), y[index])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    with torch.no_grad():
        losses.append(loss_of(net(val_x), val_y))
    return torch.stack(losses).tolist()


def ours(lrs: list[float]) -> list[list[float]]:
    histories = sweep(LAB, "optimizer.lr", lrs)
    assert histories[0].batched
    return [[*history.loss, history.val_loss[-1]] for history in histories]


def theirs(lrs: list[float]) -> list[list[float]]:
    split = [torch.from_numpy(array) for array in LAB.data.load() if array is not None]
    return [plain(lr, *split) for lr in lrs]


@pytest.mark.parametrize("runs", [4, 16, 64])
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_sweep(benchmark: Any, side: str, runs: int) -> None:
    """Both load the digits and give equal losses; ours gives whole histories, with two looks at 2,512 digits each."""
    benchmark.group = f"{runs} learning rates, {STEPS} Adam steps of a {INPUTS}-{HIDDEN}-{CLASSES} net, one thread each"
    lrs = np.logspace(-4, -2, runs).tolist()
    losses = benchmark.pedantic(ours if side == "ours" else theirs, args=(lrs,), rounds=5, warmup_rounds=1)
    if side == "ours":
        np.testing.assert_allclose(losses[:: runs - 1], theirs(lrs[:: runs - 1]), rtol=1e-3)
        done, rate = runs * operations(), matrix_rate()
        benchmark.extra_info["note"] = (
            f"the matrix products alone of ours are {done / 1e9:.2g} GFLOP, {done / rate * 1e3:.3g} ms "
            f"at the {rate / 1e9:.3g} GFLOP/s of one large product on one thread of this machine."
        )


def operations() -> int:
    """Floating-point operations in the matrix products of one run."""
    forward = 2 * (INPUTS * HIDDEN + HIDDEN * CLASSES)  # of one example
    backward = forward + 2 * HIDDEN * CLASSES  # of the weights, and of the hidden layer
    looks = 2 * (REFERENCE_SIZE + 2000)
    return STEPS * BATCH * (forward + backward) + looks * forward


def matrix_rate(size: int = 1024, tries: int = 10) -> float:
    """Operations per second of the quickest of some products of two large matrices."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    return 2 * size**3 / min(times)
