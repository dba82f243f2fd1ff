"""A mode in which torch draws from generators of its own."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

IN_PLACE = {"rand_like": "uniform_", "randn_like": "normal_", "randint_like": "random_"}  # with a generator
WHOLE = ("randint", "randperm", "tril_indices", "triu_indices")  # these make integers if no dtype is given
AS_GIVEN = ("full", "arange")  # so do these, from integers
TURN = threading.RLock()  # held while a global generator is moved
DRAWN_AGAIN = (
    "torch.utils.checkpoint computes a part of the model again in the backward pass, with random numbers "
    "from torch's global generator, but the run draws from its own. Call it in the forward() of the module itself, "
    "where the run finds it, and then uses torch's global generator too."
)


class OwnGenerators(TorchDispatchMode):
    """A context in which torch, in this thread, draws from the mode's own generators, one for each device.

    torch passes each operation to the mode, below autograd, in the backward pass too. An operation that draws gets the
    mode's generator, unless the caller gives another one. So the mode reaches any layer, loss and optimiser, and other
    threads are not affected. ``torch.manual_seed`` has no effect on the numbers that are drawn within. On a GPU, fused
    attention takes no generator: while that operation starts, the device's global generator has the state of the mode's
    generator. The mode cannot reach cuDNN's dropout between recurrent layers, which keeps its own state, the kernel of
    a custom operator, and the global functions of NumPy and Python.

    Args:
        seed: of each generator. The numbers are those of the global generators after ``torch.manual_seed(seed)``.
        dtype: of new tensors for which none is given, instead of torch's default dtype; None leaves it to torch.

    >>> with OwnGenerators(seed=3):
    ...     first = torch.rand(2)
    >>> torch.equal(first, torch.rand(2, generator=torch.Generator().manual_seed(3)))
    True
    """

    supports_higher_order_operators = True  # without this flag torch refuses them within the mode

    def __init__(self, seed: int, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        self._seed, self._dtype = seed, dtype
        self.generators: dict[torch.device, Generator] = {}  #: those that have been used so far

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """torch would else import its compiler at the first operation, 1.8 s, and take longer at each."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, plan = kwargs or {}, _plan(func)
        if plan.makes_floats and self._dtype is not None and kwargs.get("dtype") is None:
            whole = func._opname in AS_GIVEN and not any(isinstance(value, float) for value in args)
            kwargs = kwargs if whole else {**kwargs, "dtype": self._dtype}
        return func(*args, **kwargs) if plan.draw is None else plan.draw(self, args, kwargs)

    def generator(self, args: Any, kwargs: Any) -> Generator | None:
        """The generator for the device of an operation; None on "meta", where nothing is drawn."""
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
        device = tensors[0].device if tensors else torch.device(kwargs.get("device") or "cpu")
        if device.type == "meta":
            return None
        if torch._C._current_graph_task_id() != -1 and torch.is_grad_enabled():  # a forward pass within a backward pass
            raise RuntimeError(DRAWN_AGAIN)
        if device not in self.generators:
            self.generators[device] = Generator(device).manual_seed(self._seed)
        return self.generators[device]


class Plan(NamedTuple):
    """How :class:`OwnGenerators` handles an operation."""

    draw: Callable[[OwnGenerators, Any, Any], Any] | None  #: calls it with a generator; None if it draws nothing
    makes_floats: bool  #: whether it makes a new tensor, of torch's default dtype if none is given


@functools.cache
def _plan(func: Any) -> Plan:
    if not isinstance(func, OpOverload):  # a higher-order operation; nothing is known of it
        return Plan(None, False)
    names = _signature(func)
    makes_floats = "dtype" in names and "Tensor" not in "".join(names.values()) and func._opname not in WHOLE
    return Plan(_way(func, names), makes_floats)


def _way(func: Any, names: dict[str, str]) -> Any:
    if "generator" in names:
        return functools.partial(_given, func)
    if torch.Tag.nondeterministic_seeded not in func.tags:
        return None
    if func._opname in IN_PLACE and "out" not in names:
        return functools.partial(_like, func)
    if func._opname == "native_dropout" and "out0" not in names:
        return _dropout
    if torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
        # It arrives whole in inference mode only; else its parts arrive one by one.
        return functools.partial(_in_parts, func)
    for other in (getattr(func.overloadpacket, name) for name in func.overloadpacket.overloads()):
        more = _signature(other)
        if more.pop("generator", None) and more == names:
            return functools.partial(_given, other)
    return functools.partial(_lent, func)


def _signature(func: Any) -> dict[str, str]:
    """name -> type of each argument."""
    return {argument.name: str(argument.type) for argument in func._schema.arguments}


def _given(func: Any, mode: OwnGenerators, args: Any, kwargs: Any) -> Any:
    """Call an operation that takes a generator."""
    place = list(_signature(func)).index("generator")
    *before, given = args[: place + 1] if len(args) > place else (*args, kwargs.get("generator"))
    if given is not None:
        return func(*args, **kwargs)
    return func(*before, *args[place + 1 :], **{**kwargs, "generator": mode.generator(args, kwargs)})


def _like(func: Any, mode: OwnGenerators, args: Any, kwargs: Any) -> Any:
    """Older versions of ``rand_like`` and its relatives take no generator; the in-place methods behind them do."""
    like, *bounds = args
    made = torch.empty_like(like, **kwargs)
    bounds = [0, *bounds] if len(bounds) == 1 else bounds  # randint_like's
    return getattr(made, IN_PLACE[func._opname])(*map(int, bounds), generator=mode.generator((made,), {}))


def _dropout(mode: OwnGenerators, args: Any, kwargs: Any) -> Any:
    """A GPU's dropout takes no generator; do the same in two steps."""
    x, p, train = args
    if train is False:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    kept = torch.empty_like(x, dtype=torch.bool).bernoulli_(1 - p, generator=mode.generator((x,), {}))
    return x * kept * (1 / (1 - p) if p < 1 else 0.0), kept


def _in_parts(func: Any, mode: OwnGenerators, args: Any, kwargs: Any) -> Any:
    with mode:  # decompose() prefers a version in Python, and the one of lstm forgets the dropout
        return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **kwargs)


def _lent(func: Any, mode: OwnGenerators, args: Any, kwargs: Any) -> Any:
    """Call an operation without a generator argument, as a GPU's fused attention. On the CPU these draw nothing."""
    usual = {argument.name: argument.default_value for argument in func._schema.arguments}
    settings = {**usual, **dict(zip(usual, args, strict=False)), **kwargs}
    own = mode.generator(args, kwargs) if settings.get("dropout_p", settings.get("dropout", 1)) else None
    if own is None or own.device.type == "cpu":
        return func(*args, **kwargs)
    with lent(own):
        return func(*args, **kwargs)


@contextmanager
def lent(own: Generator) -> Iterator[None]:
    """A context in which the global generator draws in place of ``own``, from its state, and then hands it back."""
    with TURN:
        theirs = global_generator(own.device)
        kept = theirs.get_state()
        theirs.set_state(own.get_state())
        try:
            yield
        finally:
            own.set_state(theirs.get_state())
            theirs.set_state(kept)


def global_generator(device: torch.device) -> Generator:
    """The device's global generator, used by everything that has no generator of its own."""
    if device.type == "cpu":
        return torch.default_generator
    if device.type == "mps":
        return torch.mps._get_default_mps_generator()
    module = getattr(torch, device.type)
    return module.default_generators[module.current_device() if device.index is None else device.index]
