"""Sound loops written in unusual ways: more rows for the table of watched_loops, each with what it must show."""

from __future__ import annotations

import contextlib
from collections import UserDict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils.checkpoint import checkpoint
from watched_loops import LOOPS, STEPS, Loop, Opens, batches, net, sgd, trained

SEEN: dict[str, dict[str, Any]] = {}  #: loop -> field of Seen -> its value; "gap": a part of a sentence among the gaps
SOUND: dict[str, Any] = {"steps": STEPS, "backwards": STEPS, "forwards": STEPS, "leftover": 0.0, "cleared": 0.0}
SOUND |= {"unused": 0, "no_gradient": (), "weights_written": (), "optimizer_changed": (), "gaps": ()}


def row(**seen: Any) -> Callable[[Loop], Loop]:
    """A row of both tables; what is not given is as in a sound loop, and ... is not looked at."""

    def add(function: Loop) -> Loop:
        name = function.__name__.replace("_", " ")
        LOOPS[name] = function
        SEEN[name] = {field: value for field, value in (SOUND | seen).items() if value is not ...}
        return function

    return add


# who else has a hand in the calls


class Doubles(TorchFunctionMode):
    """What a reader may put around his lines."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        return result * 2 if func is torch.randn else result


@row()
def a_mode_of_the_reader_around_the_call(opens: Opens) -> Any:
    model = net()

    def call(x: Tensor) -> Tensor:
        with Doubles():
            return model(x + torch.randn(6, 3))

    return trained(opens, model, call=call, more=lambda: [torch.randn(3)])


@row()
def compiled_in_one_graph(opens: Opens) -> Any:
    model = net(dropout=0.0)
    quick = torch.compile(model, backend="eager", fullgraph=True)
    return trained(lambda _, optimizer: opens(quick, optimizer), model, call=quick)


@row(unused=None, weights_written=None, steps=0, leftover=None, cleared=None, optimizer_changed=None, gaps=...)
def compiled_step(opens: Opens) -> Any:
    model = net(dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return trained(opens, model, optimizer=optimizer, step=torch.compile(optimizer.step, backend="eager"))


@row()
def checkpointed_from_outside(opens: Opens) -> Any:
    model = net()
    return trained(opens, model, call=lambda x: checkpoint(model, x, use_reentrant=False))


@row(gap="The loss was not seen", gaps=...)
def a_loss_by_vmap(opens: Opens) -> Any:
    model = net()

    def call(x: Tensor) -> Tensor:
        return torch.func.vmap(lambda row, factor: row * factor)(model(x), torch.ones(6))

    return trained(opens, model, call=call)


@row(forwards=STEPS, backwards=STEPS - 1, gaps=...)  # the call after the interrupted one is not told apart
def interrupted_in_a_call_and_continued(opens: Opens) -> Any:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.calls = net(), 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            if self.calls == 4:
                raise KeyboardInterrupt
            return self.body(x)

    model = Model()

    def call(x: Tensor) -> Tensor:
        with contextlib.suppress(KeyboardInterrupt):
            return model(x)
        return model(x)

    return trained(opens, model, call=call)


@row(forwards=4, gap="removed the model's hooks", gaps=..., no_gradient=..., backwards=..., leftover=..., unused=...)
def hooks_removed_in_mid_run(opens: Opens) -> Any:
    model = net()

    def call(x: Tensor) -> Tensor:
        calls.append(1)
        if len(calls) == 5:
            model._forward_hooks.clear()
            model._forward_pre_hooks.clear()
        return model(x)

    calls: list[int] = []
    return trained(opens, model, call=call)


# which models are copied


@row()
def a_copy_that_draws(opens: Opens) -> Any:
    class Model(nn.Linear):
        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            memo[id(self)] = new = type(self)(3, 2)
            new.load_state_dict(self.state_dict())
            return new

    return trained(opens, Model(3, 2))


@row(gap="model.part cannot be copied", gaps=...)
def a_part_without_any_attribute(opens: Opens) -> Any:
    class Shy:
        __slots__ = ()

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(f"no {name}")

    model = net()
    model.part = Shy()
    return trained(opens, model)


@row(
    steps=None,
    backwards=0,
    unused=None,
    leftover=None,
    cleared=None,
    optimizer_changed=None,
    no_gradient=None,
    gaps=...,
)
def made_in_inference_mode(opens: Opens) -> Any:
    with torch.inference_mode():
        model = nn.Linear(3, 2)
    with opens(model), torch.inference_mode(False):
        return model, [model(x).detach() for x, _ in batches()]


class Watched:
    """Calls of all copies of a model; it is its own copy."""

    def __init__(self) -> None:
        self.calls, self.draws = 0, np.random.default_rng(0)

    def __deepcopy__(self, memo: Any) -> Watched:
        return self


@row(steps=STEPS - 1, unused=1, gaps=..., finite=False)
def one_output_that_is_not_finite(opens: Opens) -> Any:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.all = nn.Linear(3, 2), Watched()

        def forward(self, x: Tensor) -> Tensor:
            self.all.calls += 1
            x = x + float(self.all.draws.normal())
            return self.body(x) / (0.0 if self.all.calls == 5 else 1.0)

    model = Model()
    optimizer = sgd(model)

    def step() -> None:
        if model.all.calls != 5:
            optimizer.step()

    return trained(opens, model, optimizer=optimizer, step=step, more=lambda: [model.all.calls])


# how gradients are cleared and clipped


@row()
def weights_that_begin_at_zero(opens: Opens) -> Any:
    model = nn.Linear(3, 2)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return trained(opens, model)


@row()
def cleared_through_data(opens: Opens) -> Any:
    model = net()

    def zero() -> None:
        for param in model.parameters():
            if param.grad is not None:
                param.grad.data.zero_()

    return trained(opens, model, zero=zero)


@row(norm_at_step=lambda series: max(series.values) < 1e-2)
def clipped_through_data(opens: Opens) -> Any:
    model = net()

    def clip() -> None:
        for param in model.parameters():
            param.grad.data.clamp_(-1e-3, 1e-3)

    return trained(opens, model, before_step=clip)


@row(backwards=2 * STEPS, steps=2 * STEPS, unused=None, gap="Two losses of one pass", gaps=...)
def actor_and_critic_one_after_the_other(opens: Opens) -> Any:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.actor, self.critic = nn.Linear(3, 2), nn.Linear(3, 1)

        def forward(self, x: Tensor) -> Any:
            return self.actor(x), self.critic(x)

    model = Model()
    actors, critics = sgd(model.actor), sgd(model.critic)
    with opens(model, [actors, critics]):
        for x, y in batches():
            action, value = model(x)
            actors.zero_grad()
            critics.zero_grad()
            F.mse_loss(value[:, 0], y.float()).backward()
            critics.step()
            F.cross_entropy(action, y).backward()
            actors.step()
    return model, []


@row(steps=..., unused=..., leftover=..., cleared=...)
def a_step_within_the_backward_pass(opens: Opens) -> Any:
    model = net()
    own = {param: torch.optim.SGD([param], lr=0.1) for param in model.parameters()}

    def update(param: Tensor) -> None:
        own[param].step()
        own[param].zero_grad()

    for param in model.parameters():
        param.register_post_accumulate_grad_hook(update)
    with opens(model):
        for x, y in batches():
            F.cross_entropy(model(x), y).backward()
    return model, []


@row(backwards=2 * STEPS, gap="Two losses of one pass", gaps=...)
def two_losses_of_one_pass(opens: Opens) -> Any:
    model = net()
    optimizer = sgd(model)
    with opens(model, optimizer):
        for x, y in batches():
            optimizer.zero_grad()
            output = model(x)
            F.cross_entropy(output, y).backward(retain_graph=True)
            output.square().mean().backward()
            optimizer.step()
    return model, []


@row(forwards=2 * STEPS)
def a_loss_of_two_outputs(opens: Opens) -> Any:
    model = nn.Linear(3, 2)
    optimizer = sgd(model)
    with opens(model, optimizer):
        for x, _ in batches():
            optimizer.zero_grad()
            one, other = model(x + 1), model(x)
            F.mse_loss(other, one).backward()
            optimizer.step()
    return model, []


# which optimisers step


class Sam(torch.optim.Optimizer):
    """Steps uphill, and back with the gradient from there, as the usual implementation does."""

    def __init__(self, params: Any) -> None:
        super().__init__(params, {"rho": 0.05, "lr": 0.1})
        self.base = torch.optim.SGD(self.param_groups, lr=0.1)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def first(self) -> None:
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param]["old"] = param.data.clone()
                param.add_(param.grad * 0.05)
        self.zero_grad()

    @torch.no_grad()
    def second(self) -> None:
        for param, state in self.state.items():
            param.data = state["old"]
        self.base.step()
        self.zero_grad()

    def step(self, closure: Any = None) -> Any:
        raise NotImplementedError


@row(backwards=2 * STEPS, forwards=2 * STEPS, unused=STEPS, weights_written=...)
def sam(opens: Opens) -> Any:
    model = net()
    optimizer = Sam(model.parameters())
    with opens(model, optimizer):
        for x, y in batches():
            F.cross_entropy(model(x), y).backward()
            optimizer.first()
            F.cross_entropy(model(x), y).backward()
            optimizer.second()
    return model, []


class Wraps(torch.optim.Optimizer):
    """Hands all on to another one, as accelerate's does."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        self.inner = inner

    param_groups = property(lambda self: self.inner.param_groups)
    state = property(lambda self: self.inner.state)
    defaults = property(lambda self: self.inner.defaults)

    def step(self, closure: Any = None) -> Any:
        return self.inner.step(closure)

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.inner.zero_grad()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@row(lrs=((0.01,),) * STEPS)
def an_optimizer_that_wraps_another(opens: Opens) -> Any:
    model = net()
    return trained(opens, model, optimizer=Wraps(torch.optim.Adam(model.parameters(), lr=0.01)))


class Lookahead(torch.optim.Optimizer):
    """Goes half the way of every third step of another one."""

    def __init__(self, base: torch.optim.Optimizer) -> None:
        super().__init__(base.param_groups, {})
        self.base, self.count, self.param_groups = base, 0, base.param_groups
        self.slow = [param.detach().clone() for group in self.param_groups for param in group["params"]]

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        self.base.step(closure)
        self.count += 1
        if self.count % 3 == 0:
            params = [param for group in self.param_groups for param in group["params"]]
            for param, slow in zip(params, self.slow, strict=True):
                slow.add_(param - slow, alpha=0.5)
                param.data.copy_(slow)


@row(lrs=((0.01,),) * STEPS)
def lookahead(opens: Opens) -> Any:
    model = net()
    return trained(opens, model, optimizer=Lookahead(torch.optim.Adam(model.parameters(), lr=0.01)))


@row(steps=STEPS - 3, lrs=tuple((0.1 * 0.5 ** (i // 2),) for i in (0, 1, 2, 4, 5, 6, 8, 9, 10)), unused=...)
def a_step_that_raises_now_and_then(opens: Opens) -> Any:
    model = net()
    optimizer = sgd(model)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    steps: list[int] = []

    def refuses(*_: Any) -> None:
        steps.append(1)
        if len(steps) % 4 == 0:
            raise RuntimeError("no")

    optimizer.register_step_pre_hook(refuses)

    def step() -> None:
        with contextlib.suppress(RuntimeError):
            optimizer.step()
        schedule.step()

    return trained(opens, model, optimizer=optimizer, step=step)


@row(steps=lambda n: 0 < n < 30, backwards=30, forwards=30, unused=..., skipped=lambda n: n > 0, finite=True)
def mixed_precision_with_a_fused_step(opens: Opens) -> Any:
    model, scaler = nn.Linear(3, 2), torch.amp.GradScaler("cpu", init_scale=2.0**30)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, fused=True)
    with opens(model, optimizer, scaler=scaler):
        for x, y in batches(30):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.float16):
                loss = F.cross_entropy(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
    return model, [scaler.state_dict(), optimizer.state_dict()]


# what a batch is made of


class Encoding(UserDict[str, Any]):
    """As a tokenizer gives it."""


KINDS: dict[str, tuple[Callable[[Tensor], Any], Callable[[Any], Tensor]]] = {  # kind -> made of a tensor, and back
    "a NumPy array": (lambda x: x.numpy().copy(), torch.from_numpy),
    "a dict of another class": (lambda x: Encoding(x=x), lambda batch: batch["x"]),
    "lists of numbers": (Tensor.tolist, torch.tensor),
    "a sparse tensor": (Tensor.to_sparse, Tensor.to_dense),
    "a compressed tensor": (Tensor.to_sparse_csr, Tensor.to_dense),
    "a nested tensor": (lambda x: torch.nested.nested_tensor(list(x)), lambda batch: torch.stack(batch.unbind())),
    "with a tensor without numbers": (lambda x: (x, torch.empty(3, device="meta")), lambda batch: batch[0]),
    "a tensor of inference mode": (torch.inference_mode()(lambda x: x + 0), torch.clone),
    "with a view that is negative": (lambda x: torch.complex(x, -x).conj().imag, lambda batch: batch * 1.0),
}


class Takes(nn.Module):
    """A model of a batch of some kind."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.last = kind, nn.Linear(3, 2)

    def forward(self, batch: Any) -> Tensor:
        out: Tensor = self.last(KINDS[self.kind][1](batch))
        return out


def fed_with(kind: str) -> Loop:
    def loop(opens: Opens) -> Any:
        model = Takes(kind)
        return trained(opens, model, call=lambda x: model(KINDS[kind][0](x)))

    return loop


for kind in KINDS:
    LOOPS[kind] = fed_with(kind)
    SEEN[kind] = SOUND | {"fingerprints": lambda prints: len(prints) == STEPS and len({*prints}) == STEPS}


@row()
def a_batch_whose_memory_is_given_back(opens: Opens) -> Any:
    model = net()
    optimizer = sgd(model)
    last: list[Tensor] = []

    def call(x: Tensor) -> Tensor:
        last[:] = [x]
        return model(x)

    def step() -> None:
        optimizer.step()
        last[0].untyped_storage().resize_(0)  # refused once NumPy has had a look at it

    return trained(opens, model, call=call, optimizer=optimizer, step=step)


# steps that are no function of one output


@row(forwards=3 * STEPS)
def a_cell_called_for_each_place(opens: Opens) -> Any:
    model = nn.GRUCell(1, 4)
    optimizer = sgd(model)
    with opens(model, optimizer):
        for x, y in batches():
            state, losses = torch.zeros(6, 4), list[Tensor]()
            for place in range(3):
                state = model(x[:, place, None], state)
                losses.append(F.cross_entropy(state, y))
            optimizer.zero_grad()
            sum(losses).backward()  # type: ignore[union-attr]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    return model, []


@row()
def slopes_of_the_output_in_the_loss(opens: Opens) -> Any:
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    with opens(model, optimizer):
        for x, _ in batches():
            parts = [x[:, i : i + 1].clone().requires_grad_() for i in range(3)]
            u = model(torch.cat(parts, 1))
            slopes = torch.autograd.grad(u, parts, torch.ones_like(u), create_graph=True)
            loss = (sum(slopes) - u).pow(2).mean() + F.mse_loss(slopes[0], -parts[1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return model, [losses, [part.grad for part in parts]]


def gan_of_two(opens: Opens, watched: str) -> Any:
    generator, critic = nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
    nets = {"generator": generator, "critic": critic}
    optimizers = {name: torch.optim.Adam(net.parameters(), lr=1e-2) for name, net in nets.items()}
    real, fake, loss_fn = torch.ones(6, 1), torch.zeros(6, 1), nn.BCEWithLogitsLoss()
    with opens(nets[watched], optimizers[watched]):
        for x, _ in batches():
            made = generator(torch.randn(6, 3))
            optimizers["critic"].zero_grad()
            loss = loss_fn(critic(x), real) + loss_fn(critic(made.detach()), fake)
            loss.backward()
            optimizers["critic"].step()
            optimizers["generator"].zero_grad()
            loss_fn(critic(made), real).backward()
            optimizers["generator"].step()
    return nets[watched], [net.state_dict() for net in nets.values()]


@row(backwards=2 * STEPS, forwards=3 * STEPS, unused=STEPS - 1, weights_written=...)
def a_critic_alone(opens: Opens) -> Any:
    return gan_of_two(opens, "critic")


@row(gap="goes through weights that are not the model's", gaps=..., weights_written=...)
def a_generator_alone(opens: Opens) -> Any:
    return gan_of_two(opens, "generator")


@row()
def values_of_a_second_net(opens: Opens) -> Any:
    """Its output is cut off after the pass, as people write it who learn values of actions."""
    model, slow = net(dropout=0.0), net(dropout=0.0)
    optimizer = sgd(model)
    with opens(model, optimizer):
        for step, (x, y) in enumerate(batches()):
            value = model(x).gather(1, y.unsqueeze(1)).squeeze(1)
            target = x[:, 0] + 0.9 * slow(x + 1).max(1).values.detach() * (1 - y)
            loss = ((value - target) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 4 == 3:
                slow.load_state_dict(model.state_dict())
    return model, []
