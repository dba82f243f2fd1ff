"""An input that is, one place on, what its places shall foretell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lossbook.evidence import Batch
from lossbook.evidence.structure import tensors

ENOUGH = 50  # targets that are what stands one place on: no accident
FEWEST = 3  # places of a sequence


class Shifted(NamedTuple):
    """An input, and targets that may be what stands one place on."""

    x: Tensor
    y: Tensor
    axis: int  #: of the input, on which the places stand
    length: int  #: of the targets on that axis: as many as the input has, or one less

    @property
    def places(self) -> int:
        """How many the input has."""
        return self.x.shape[self.axis]

    @property
    def ids(self) -> Tensor:
        """The input in the form of the targets: numbers, or the tokens that it stands for, each a one among zeros."""
        return self.x.argmax(-1) if _is_one_hot(self.x) and not self.y.is_floating_point() else self.x

    @property
    def shape(self) -> tuple[int, ...]:
        """What shape the targets have, beside the input."""
        whole = self.ids.shape
        return (*whole[: self.axis], self.length, *whole[self.axis + 1 :])

    @property
    def targets(self) -> Tensor:
        """The targets in that shape."""
        return self.y.reshape(self.shape)

    @property
    def fits(self) -> bool:
        """Whether they can be brought into that shape."""
        same = self.ids.is_floating_point() == self.y.is_floating_point() and self.y.dtype != torch.bool
        few = self.axis >= self.ids.ndim or self.places < FEWEST
        return same and not few and torch.Size(self.shape).numel() == self.y.numel()

    @property
    def holds(self) -> bool:
        """Whether each target is what stands one place on, and not what stands there as well.

        Where the last target is the first place, the places stand in a ring, which has no end.
        """
        ids, targets, many = self.ids, self.targets, self.places - 1
        here, ahead = ids.narrow(self.axis, 0, many), ids.narrow(self.axis, 1, many)
        wanted = targets.narrow(self.axis, 0, many)
        which = counts(wanted)
        if int(which.sum()) < ENOUGH or not torch.equal(wanted[which], ahead[which]):
            return False
        ring = self.length > many and torch.equal(targets.select(self.axis, -1), ids.select(self.axis, 0))
        return not torch.equal(wanted[which], here[which]) and not ring


def shifted_input(batch: Batch) -> Shifted | None:
    """The first input of a batch of which that holds, with the targets; None if there is none."""
    return next((one for one in _pairs(batch) if one.fits and one.holds), None)


def counts(targets: Tensor) -> Tensor:
    """Which targets count: whole numbers below 0 are left out, as torch does with -100."""
    return torch.ones_like(targets, dtype=torch.bool) if targets.is_floating_point() else targets >= 0


def _pairs(batch: Batch) -> Iterator[Shifted]:
    for y in tensors(batch.target):
        for x in tensors((batch.inputs, batch.kwargs)):
            for axis in (1, 0, 2)[: x.ndim if x.ndim > 1 else 0]:
                yield from (Shifted(x, y, axis, length) for length in (x.shape[axis], x.shape[axis] - 1))


def _is_one_hot(x: Tensor) -> bool:
    return x.ndim > 2 and x.shape[-1] > 1 and bool(((x == 0) | (x == 1)).all() and (x.sum(-1) == 1).all())
