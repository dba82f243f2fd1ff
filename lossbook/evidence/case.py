"""A training as a probe sees it: at its start and at its end, what it was fed, and what its loop alone shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lossbook.evidence.bags import Bags, bags_in
from lossbook.evidence.domains import Undefined
from lossbook.evidence.snapshot import Snapshot
from lossbook.evidence.structure import leaves, mapped, tensors


class Batch(NamedTuple):
    """What one forward pass got, and the target of its loss. Tensors stand on the device where the training had them.

    >>> import torch
    >>> batch = Batch.of(torch.ones(4, 3), torch.zeros(4))
    >>> batch.size, batch.first(2).x.shape, batch.output(torch.nn.Linear(3, 1)).shape
    (4, torch.Size([2, 3]), torch.Size([4, 1]))
    """

    inputs: tuple[Any, ...]  #: positional arguments of the model
    kwargs: dict[str, Any]  #: its named arguments
    target: Any  #: a tensor or a structure of tensors; None if the model computes its own loss, or it is not known
    calls: int = 1  #: of the model in one step; if more, ``inputs`` are (arguments, named arguments) of each of them
    script: Any = (
        None  #: the lines of a step that is told as a whole, whose ``inputs`` are the tensors that it begins with
    )
    place: int | None = None  #: of the leaf that is the output, among all that the model gives; all of it if None

    @classmethod
    def of(cls, x: Any, target: Any = None) -> Batch:
        """The batch of a model with one argument."""
        return cls((x,), {}, target)

    def output(self, model: nn.Module) -> Any:
        """``model(*inputs, **kwargs)``, in the mode in which the model is; a tuple of them if it is called often."""
        if self.script is not None:
            return self.script.outputs(model, self.inputs)
        if self.calls > 1:
            return tuple(model(*args, **kwargs) for args, kwargs in self.inputs)
        given = model(*self.inputs, **self.kwargs)
        return given if self.place is None else leaves(given)[self.place]

    @property
    def x(self) -> Tensor | None:
        """The one tensor of floating numbers among the inputs; None if there is none, or more than one."""
        floats = [each for each in tensors((self.inputs, self.kwargs)) if each.is_floating_point()]
        return floats[0] if len(floats) == 1 else None

    @property
    def bags(self) -> Bags | None:
        """The examples, if they are bags of indices in one row."""
        return bags_in(tensors((self.inputs, self.kwargs)))

    @property
    def size(self) -> int:
        """How many examples it has, which are bags, or the rows of the first input that has an axis; else 0."""
        if (bags := self.bags) is not None:
            return len(bags.starts)
        return next((each.size(0) for each in tensors((self.inputs, self.kwargs)) if each.ndim), 0)

    def first(self, n: int) -> Batch:
        """The first ``n`` examples: every tensor whose first axis is as long as the batch is cut."""
        return self.rows(slice(n))

    def rows(self, chosen: Tensor | slice) -> Batch:
        """The examples with these numbers, or for which this mask is true."""
        size, bags = self.size, self.bags

        def part(each: Tensor) -> Tensor:
            if not each.ndim or len(each) != size:
                return each
            return each[chosen if isinstance(chosen, slice) else chosen.to(each.device)]

        if bags is None:
            return self.map(part)
        numbers = part(torch.arange(size))
        return self.map(lambda each: bags.part(each, numbers))

    def split(self, n: int) -> list[Batch]:
        """Pieces of ``n`` examples, the last one perhaps smaller, cut as by :meth:`first`."""
        size, y = self.size, self.target  # a target that numbers the rows, as where each has its partner, begins anew
        whole = isinstance(y, Tensor) and y.dtype == torch.int64 and y.shape == (size,)
        numbers_rows = whole and bool((y.cpu() == torch.arange(size)).all()) and size > 1

        def piece(start: int) -> Batch:
            part = self.rows(slice(start, start + n))
            return part._replace(target=self.target[: part.size]) if numbers_rows else part

        return [piece(start) for start in range(0, size, n)]

    def map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with each of its tensors replaced by ``function`` of it."""
        return Batch(*mapped(function, tuple(self)))

    def with_x(self, x: Tensor) -> Batch:
        """The batch with another tensor in the place of :attr:`x`.

        Raises:
            ValueError: there is no ``x``.
        """
        old = self.x
        if old is None:
            raise ValueError("x must be the one tensor of floating numbers among the inputs, got none or several.")
        inputs, kwargs = mapped(lambda each: x if each is old else each, (self.inputs, self.kwargs))
        return self._replace(inputs=inputs, kwargs=kwargs)


class Series(NamedTuple):
    """Numbers that were measured at some steps of a training; empty if there are none.

    >>> Series.of([2.3, 2.1]).steps
    (0, 1)
    """

    steps: tuple[int, ...] = ()  #: updates that were done before each number was measured
    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: Iterable[float]) -> Series:
        """One number for each step, from step 0 on."""
        values = tuple(map(float, values))
        return cls(tuple(range(len(values))), values)


@dataclass(frozen=True)
class Log:
    """The curves of a training. A series that nobody measured is empty."""

    loss: Series = Series()  #: as the reader logs it, ``step(loss)``; else what ``backward()`` ran on
    lr: Series = Series()  #: learning rate of each step, that of the first group of the first optimiser
    grad_norm: Series = Series()  #: Euclidean norm of the whole gradient, after the backward pass and before clipping
    update_ratio: Series = Series()  #: norm of a step over the norm of the weights
    val_loss: Series = Series()
    metric: Series = Series()


class FirstBad(NamedTuple):
    """The first number of a training that was not finite."""

    what: str  #: the first of "input", "target", "weight", "output", "loss" and "gradient" that was not finite
    where: str | None  #: the module whose output, or the parameter whose value or gradient, it was; None if not known
    step: int  #: updates that were done before
    batch: Batch | None  #: on which it came
    drawn: int | None  #: the number of this batch among all that were drawn, from 0 on
    stayed: bool  #: no later loss was finite, or there was none
    last_finite: float | None  #: the last finite loss before
    operation: Undefined | None = None  #: between the output and the loss, which has no value for what it got


@dataclass(frozen=True)
class Seen:
    """What only the loop itself shows. None: it was not seen. :attr:`gaps` says why."""

    # how often
    steps: int | None = None  #: updates, of all optimisers together
    backwards: int | None = None  #: backward passes
    forwards: int | None = None  #: forward passes with gradients
    forwards_no_grad: int | None = None  #: and those without
    unused: int | None = None  #: backward passes whose gradients were thrown away before a step used them
    skipped: int | None = None  #: steps that a GradScaler left out
    # modes
    train_mode: float | None = None  #: share of the forward passes with gradients that ran in train mode, in [0, 1]
    train_mode_no_grad: float | None = None  #: the same of those without gradients
    asked_again: int | None = None  #: most calls without gradients that got the same between two steps
    autocast: str | None = None  #: "off", or the last dtype of autocast in a forward pass with gradients
    # what was exchanged or reset, as the numbers of the steps before which it was noticed
    model_changed: tuple[int, ...] | None = None  #: a module or parameter within the model is another object
    optimizer_changed: tuple[int, ...] | None = None  #: another optimiser object steps
    state_lost: tuple[int, ...] | None = None  #: an optimiser's state was emptied, or its step count set back
    weights_written: tuple[int, ...] | None = None  #: weights were written by something else than a step
    set_back: tuple[int, ...] | None = None  #: all weights were written, and are what they were at the start
    returned: tuple[int, ...] | None = None  #: they were written, and became the same ones
    drawn_anew: tuple[int, ...] | None = None  #: weights were written that have nothing to do with those before
    #: steps before which passes without gradients had other weights than the last step left, and how far they went back
    exchanged: tuple[tuple[int, float], ...] | None = None
    rewritten: int | None = None  #: times that a pass with gradients had other weights than the last step left
    # gradients
    #: share of an optimiser's steps whose backward pass found gradients that the step before used, of the worst one
    leftover: float | None = None
    cleared: float | None = None  #: share of the steps at which the gradients of the backward pass were gone
    no_gradient: tuple[str, ...] | None = None  #: parameters that require a gradient and never got one
    #: parameters of an optimiser that steps, none of which ever got a gradient, though their net is called
    idle: tuple[str, ...] | None = None
    zero_share: Series = Series()  #: share of gradient entries that are exactly 0, at ``step()``
    nonfinite_share: Series = Series()  #: share of gradient entries that are not finite, at ``step()``
    norm_at_step: Series = Series()  #: the norm that the step used, after clipping, and without the scaler's factor
    scale: Series = Series()  #: the GradScaler's factor
    # optimisers
    lrs: tuple[tuple[float, ...], ...] | None = None  #: at each step, the rate of every group of the optimiser
    not_in_optimizer: tuple[str, ...] | None = None  #: parameters that require a gradient and are in no optimiser
    not_in_model: int | None = None  #: parameters of the optimisers that are not the model's
    # batches: one entry for each forward pass with gradients
    fingerprints: tuple[float, ...] | None = None  #: equal for equal inputs
    sizes: tuple[int, ...] | None = None  #: examples in it
    input_scale: tuple[tuple[float, float], ...] | None = None  #: mean and spread of the floats of each kept batch
    label_counts: tuple[dict[int, int], ...] | None = None  #: label -> examples, of each kept batch; whole labels only
    later_targets: Series = Series()  #: mean target of some batches that were not kept
    in_data: int | None = None  #: batches in the data that were given, if these have a length
    data_written: float | None = None  #: share of examples that come out otherwise since reading wrote into the data
    list_written: float | None = None  #: share of a list's batches that go farther from what they were as they come
    # losses
    ran_on: Series = Series()  #: what ``backward()`` ran on, without the scaler's factor
    ran_on_share: float | None = None  #: these numbers over the loss, 1/4, say, where four are added up
    whole_loss: bool | None = None  #: it ran on the loss of output and target, and on nothing besides
    #: leaves of the output of which the loop makes a loss, while what ``backward()`` runs on does not look at them
    passed_over: tuple[int, ...] | None = None
    told: tuple[tuple[float, float], ...] | None = None  #: (last such value, the number that ``step()`` was told)
    finite: bool | None = None  #: losses and gradients were finite throughout
    first_bad: FirstBad | None = None
    gaps: tuple[str, ...] = ()  #: what could not be seen, and why, a sentence each


@dataclass(frozen=True)
class Case:
    """A training, as a probe sees it. Nothing in it may be changed: ``lossbook.evidence.replay`` works on copies."""

    start: Snapshot  #: when the watch was opened
    now: Snapshot  #: when it was closed
    batches: tuple[Batch, ...]  #: training batches in the order and the form in which the training sees them
    held_out: Batch | None = None  #: examples that are not trained on
    loss: Callable[[Any, Any], Tensor] | None = None  #: ``loss(output, target)``, if the training has such a pair
    loss_of: Callable[[nn.Module, Batch], Tensor] | None = None  #: what is trained on; None if it could not be seen
    log: Log = field(default_factory=Log)
    seen: Seen = field(default_factory=Seen)
    metric: Any = None  #: ``value(output, target)``, larger is better
    augment: Any = None
    reference: Any = None
    penalty: Any = None
    clipping: Any = None  #: ``apply({name: gradient})`` gives the clipped ones
    unvaried: tuple[Batch, ...] = ()  #: training examples as they are where nothing is varied at random, if they are
    kept: dict[int, Any] = field(default_factory=dict, init=False, compare=False, repr=False)  #: ``as_it_is`` fills it


def pair_loss(loss: Callable[[Any, Any], Tensor]) -> Callable[[nn.Module, Batch], Tensor]:
    """``loss_of`` of a training whose loss is a function of output and target."""

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        return loss(batch.output(model), batch.target)

    return loss_of


__all__ = ["Batch", "Case", "FirstBad", "Log", "Seen", "Series", "Snapshot", "pair_loss"]
