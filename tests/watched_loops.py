"""Training loops as people write them, each a function that trains and gives what came out; for tests/test_watch.py."""

from __future__ import annotations

import copy
import itertools
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset, TensorDataset

STEPS = 12
Opens = Callable[..., AbstractContextManager[Any]]
Loop = Callable[[Opens], tuple[nn.Module, list[Any]]]  # model, and whatever else must come out the same
LOOPS: dict[str, Loop] = {}


def loop(function: Loop) -> Loop:
    """A row of the table."""
    LOOPS[function.__name__.replace("_", " ")] = function
    return function


def net(*, dropout: float = 0.2, out: int = 2) -> nn.Module:
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, out))


def batches(n: int = STEPS) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(1)
    for _ in range(n):
        x = torch.randn(6, 3, generator=generator)
        yield x, (x.sum(1) > 0).long()


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1)


def trained(
    opens: Opens,
    model: nn.Module,
    *,
    call: Callable[[Tensor], Tensor] | None = None,
    optimizer: Any = None,
    zero: Callable[[], Any] | None = None,
    before_step: Callable[[], Any] = lambda: None,
    step: Callable[[], Any] | None = None,
    more: Callable[[], list[Any]] = list,
) -> Any:
    """The usual lines, in which a loop may exchange one of them."""
    optimizer = optimizer or sgd(model)
    with opens(model, optimizer):
        for x, y in batches():
            (zero or optimizer.zero_grad)()
            F.cross_entropy((call or model)(x), y).backward()
            before_step()
            (step or optimizer.step)()
    return model, more()


@loop
def plain(opens: Opens) -> Any:
    model, losses = net(), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with opens(model, optimizer) as seen:
        for x, y in batches():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            seen.step(loss, batch=(x, y))
    return model, [losses, optimizer.state_dict()]


@loop
def scheduled_and_clipped(opens: Opens) -> Any:
    model, loss_fn = net(), nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.AdamW([{"params": model[0].parameters()}, {"params": model[4].parameters(), "lr": 0.1}])
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS)
    with opens(model, loss_fn=loss_fn):
        for x, y in batches():
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            scheduler.step()
    return model, [optimizer.state_dict(), scheduler.state_dict()]


@loop
def lbfgs(opens: Opens) -> Any:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=4)
    with opens(model, optimizer):
        for x, y in batches(5):

            def closure(x: Tensor = x, y: Tensor = y) -> Tensor:
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                return loss

            optimizer.step(closure)
    return model, []


@loop
def gan(opens: Opens) -> Any:
    generator, critic = nn.Linear(3, 3), net(out=1)
    optimizers = [torch.optim.Adam(part.parameters(), lr=1e-2) for part in (generator, critic)]
    both = nn.ModuleList([generator, critic])
    with opens(both, optimizers):
        for x, _ in batches():
            fake, ones = generator(torch.randn(6, 3)), torch.ones(6, 1)
            optimizers[1].zero_grad()
            loss = F.softplus(-critic(x)).mean() + F.softplus(critic(fake.detach())).mean()
            loss.backward()
            optimizers[1].step()
            optimizers[0].zero_grad()
            F.binary_cross_entropy_with_logits(critic(fake), ones).backward()
            optimizers[0].step()
    return both, [optimizer.state_dict() for optimizer in optimizers]


@loop
def mixed_precision(opens: Opens) -> Any:
    model, scaler = nn.Linear(3, 2), torch.amp.GradScaler("cpu", init_scale=2.0**30)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with opens(model, optimizer, scaler=scaler):
        for x, y in batches(30):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.float16):
                loss = F.cross_entropy(model(x), y)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
    return model, [scaler.state_dict(), optimizer.state_dict()]


@loop
def accumulated(opens: Opens) -> Any:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with opens(model, optimizer):
        for step, (x, y) in enumerate(batches()):
            (F.cross_entropy(model(x), y) / 3).backward()
            if step % 3 == 2:
                optimizer.step()
                optimizer.zero_grad(set_to_none=False)
    return model, []


@loop
def compiled(opens: Opens) -> Any:
    model = net(dropout=0.0)
    quick, loss_fn = torch.compile(model, backend="eager"), torch.compile(nn.CrossEntropyLoss(), backend="eager")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with opens(quick, optimizer), warnings.catch_warnings():
        # dynamo itself looks at the .grad of what the compiled loss gets, and torch warns of it once in a process
        warnings.filterwarnings("ignore", "The .grad attribute of a Tensor that is not a leaf")
        for x, y in batches():
            optimizer.zero_grad()
            loss_fn(quick(x), y).backward()
            optimizer.step()
    return model, []


@loop
def compiled_and_the_inner_one_watched(opens: Opens) -> Any:
    model = net(dropout=0.0)
    return trained(opens, model, call=torch.compile(model, backend="eager"))


@loop
def unfrozen_in_mid_run(opens: Opens) -> Any:
    model, step = net(), itertools.count()
    model[0].requires_grad_(False)

    def call(x: Tensor) -> Tensor:
        model[0].requires_grad_(next(step) > 5)
        return model(x)

    return trained(opens, model, call=call)


@loop
def tied_words(opens: Opens) -> Any:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.rnn, self.head = nn.Embedding(9, 6), nn.LSTM(6, 6, batch_first=True), nn.Linear(6, 9)
            self.head.weight = self.embed.weight

        def forward(self, ids: Tensor, state: Any = None) -> Any:
            out, state = self.rnn(self.embed(ids), state)
            return self.head(out), state

    model, state = Words(), None
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with opens(model, optimizer):
        for _ in range(STEPS):
            ids = torch.randint(9, (4, 7))
            logits, state = model(ids[:, :-1], state=state)
            state = tuple(each.detach() for each in state)
            optimizer.zero_grad()
            F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()).backward()
            optimizer.step()
    return model, []


@loop
def sparse_gradients(opens: Opens) -> Any:
    model = nn.EmbeddingBag(20, 3, sparse=True)
    optimizer = torch.optim.SparseAdam(list(model.parameters()), lr=0.1)
    with opens(model, optimizer):
        for _ in range(STEPS):
            optimizer.zero_grad()
            F.mse_loss(model(torch.randint(20, (4, 5))), torch.ones(4, 3)).backward()
            optimizer.step()
    return model, []


@dataclass
class Answer:
    logits: Tensor
    loss: Tensor | None = None


@loop
def dicts_and_its_own_loss(opens: Opens) -> Any:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = net()

        def forward(self, x: Tensor, labels: Tensor | None = None) -> Answer:
            logits = self.body(x)
            return Answer(logits, None if labels is None else F.cross_entropy(logits, labels))

    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with opens(model, optimizer):
        for x, y in batches():
            batch = {"x": x, "labels": y}
            answer = model(**batch)
            answer.loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    return model, []


class Drifting(Dataset[Any]):
    """It changes when it is read."""

    def __init__(self) -> None:
        self.reads = 0

    def __len__(self) -> int:
        return 24

    def __getitem__(self, i: int) -> Any:
        self.reads += 1
        return torch.randn(3) * random.random() + np.random.rand() + self.reads / 100, i % 2  # noqa: NPY002


@loop
def data_and_loss_that_draw(opens: Opens) -> Any:
    model, data = net(), Drifting()
    loader: Any = DataLoader(data, batch_size=6, shuffle=True, generator=torch.Generator().manual_seed(5))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output + 0.1 * torch.randn_like(output), target)

    with opens(model, optimizer, loss_fn=loss_fn, data=loader) as seen:
        for _ in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                loss = loss_fn(model(x.float()), y)
                loss.backward()
                optimizer.step()
                seen.step(loss)
    return model, [data.reads, loader.generator.get_state()]


@loop
def validated_inside(opens: Opens) -> Any:
    model, found = net(), []
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    held = DataLoader(TensorDataset(*next(batches())), batch_size=3)
    with opens(model, optimizer) as seen:
        for step, (x, y) in enumerate(batches()):
            model.train()
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            if step % 4 == 3:
                model.eval()
                with torch.no_grad():
                    found.append(sum(F.cross_entropy(model(a), b).item() for a, b in held))
                seen.step(val_loss=found[-1], metric=torch.tensor(0.5))
    return model, [found]


@loop
def targets_from_the_model_itself(opens: Opens) -> Any:
    """As in Q-learning: the same model, without gradients, between the forward and the backward pass."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with opens(model, optimizer):
        for x, _ in batches():
            value = model(x)
            with torch.no_grad():
                target = x[:, :2] + 0.9 * model(x + 1).amax(1, keepdim=True)
            optimizer.zero_grad()
            F.smooth_l1_loss(value, target).backward()
            optimizer.step()
    return model, []


@loop
def copies_and_averages_on_the_way(opens: Opens) -> Any:
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with opens(model, optimizer):
        average = torch.optim.swa_utils.AveragedModel(model)
        for x, y in batches():
            optimizer.zero_grad()
            teacher = copy.deepcopy(model)(x).detach().softmax(1)
            (
                F.cross_entropy(model(x), y) + F.kl_div(model(x).log_softmax(1), teacher, reduction="batchmean")
            ).backward()
            optimizer.step()
            average.update_parameters(model)
    return model, [average.state_dict()]


@loop
def gradient_penalty(opens: Opens) -> Any:
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-2)
    with opens(model, optimizer):
        for x, _ in batches():
            x = x.requires_grad_()
            out = model(x)
            (slope,) = torch.autograd.grad(out.sum(), x, create_graph=True)
            optimizer.zero_grad()
            (out.mean() + (slope.norm(dim=1) - 1).square().mean()).backward()
            optimizer.step()
    return model, []


@loop
def steps_by_hand(opens: Opens) -> Any:
    model = net()
    with opens(model):
        for x, y in batches():
            loss = F.cross_entropy(model(x), y)
            grads = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for param, grad in zip(model.parameters(), grads, strict=True):
                    param -= 0.1 * grad
    return model, []


@loop
def functional(opens: Opens) -> Any:
    model = nn.Linear(3, 2)
    params = dict(model.named_parameters())
    with opens(model):
        for x, y in batches():

            def loss_of(params: Any, x: Tensor = x, y: Tensor = y) -> Tensor:
                return F.cross_entropy(torch.func.functional_call(model, params, (x,)), y)

            grads = torch.func.grad(loss_of)(params)
            params = {name: (param - 0.1 * grads[name]).detach() for name, param in params.items()}
    model.load_state_dict(params)
    return model, []


@loop
def checkpointed(opens: Opens) -> Any:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5)), nn.Linear(8, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(checkpoint(self.first, x, use_reentrant=False))

    return trained(opens, Model())


@loop
def forward_that_fails_now_and_then(opens: Opens) -> Any:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.calls = net(), 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            if self.calls % 3 == 0:
                raise RuntimeError("out of memory")
            return self.body(x)

    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with opens(model, optimizer):
        for x, y in batches():
            optimizer.zero_grad()
            try:
                F.cross_entropy(model(x), y).backward()
            except RuntimeError:
                continue
            optimizer.step()
    return model, []


@loop
def into_not_a_number(opens: Opens) -> Any:
    model, step = net(), itertools.count()
    return trained(opens, model, call=lambda x: model(x * (float("nan") if next(step) == 4 else 1)))


@loop
def another_model_in_mid_run(opens: Opens) -> Any:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with opens(model, optimizer):
        for step, (x, y) in enumerate(batches()):
            if step == 5:
                model[4] = nn.Linear(8, 2)
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    return model, []
