"""Pictures that are turned over by one draw, and what belongs to them, place for place, by another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.probes.base import Reading

FEWEST = 5  #: examples that came twice, and not turned alike
SHARE = 0.1  #: of those that came twice and whose target tells how it was turned
MOST = 4000  #: examples that are looked at
DIGITS = 4  #: of a mean, which rounding does not move
RICH = 16  #: numbers that differ in an input; of fewer, another example may be the mirror image by chance
FIX = "if torch.rand(()) < 0.5: image, mask = image.flip(-1), mask.flip(-1)  # one draw for both"
Turn = Callable[[Tensor], Tensor]


def turned_apart(case: Case) -> Reading | None:
    """Whether examples came twice that are mirror images of each other, and their targets are not, or otherwise so.

    None: they are. Where the target is what the input is turned into, as by a net that sets pictures upright, it is
    meant.
    """
    batch = case.batches[0]
    axes = _common_axes(batch)
    if not axes or not all(_is_like(each, batch) for each in case.batches):
        return None
    turns, together, apart = _turns(batch, axes), 0, 0
    for first, other in _twice(case.batches):
        fits = [turn for turn in turns if _same(turn(other[0]), first[0])]
        if not fits or first[0].unique().numel() < RICH or any(_is_the_input(turn, *first) for turn in turns):
            continue
        if any(_same(turn(other[1]), first[1]) for turn in fits):
            together += 1
        elif any(_same(turn(other[1]), first[1]) for turn in turns):
            apart += 1
    if apart < FEWEST or apart < SHARE * (together + apart):
        return None
    sentence = f"{together + apart} examples came twice, some of them as their mirror image, and of {apart} of these"
    sentence = f"{sentence} the target was turned otherwise than the input: each is turned by a draw of its own"
    return Reading("found", sentence, apart / (together + apart), SHARE, certain=True, fix=FIX)


def _common_axes(batch: Batch) -> list[int]:
    """The last axes, two at most, on which inputs and targets are equally long, counted from the end."""
    x, y = batch.x, batch.target
    if x is None or x.layout != torch.strided or not isinstance(y, Tensor) or min(x.ndim, y.ndim) < 2:
        return []
    most = min(x.ndim, y.ndim) - 1 if len(x) == len(y) == batch.size else 0
    axes = [axis for axis in (-1, -2) if -axis <= most and x.shape[axis] == y.shape[axis] > 2]
    return axes if axes[:1] == [-1] else []


def _is_like(batch: Batch, first: Batch) -> bool:
    x, y, like = batch.x, batch.target, first.x
    if x is None or like is None or not isinstance(y, Tensor):
        return False
    return x.shape[1:] == like.shape[1:] and y.shape[1:] == first.target.shape[1:] and len(y) == len(x)


def _turns(batch: Batch, axes: list[int]) -> list[Turn]:
    """All ways to turn over along these axes, and, of squares, to turn round; the first one leaves all as it is."""
    flips = [list(each) for count in range(len(axes) + 1) for each in combinations(axes, count)]
    turns: list[Turn] = [lambda each, flip=flip: each.flip(flip) for flip in flips]  # type: ignore[misc]
    if len(axes) == 2 and batch.target.shape[-1] == batch.target.shape[-2]:
        turns += [lambda each, turn=turn: turn(each.transpose(-1, -2)) for turn in turns[:]]  # type: ignore[misc]
    return turns


def _twice(batches: tuple[Batch, ...]) -> Iterator[tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]]:
    """Pairs of examples whose inputs hold the same numbers, as it seems, in whatever order; of each the first one."""
    first: dict[tuple[float, ...], tuple[Tensor, Tensor]] = {}
    count = 0
    for batch in batches:
        x, y = batch.x, batch.target
        assert x is not None
        flat = x.detach().flatten(1).double()
        keys = torch.stack([flat.amin(1), flat.amax(1), flat.abs().mean(1), flat.square().mean(1)], 1).cpu().tolist()
        for key, *example in zip(keys, x, y, strict=True):
            rounded = tuple(float(f"{each:.{DIGITS}g}") for each in key)
            own = (example[0], example[1])
            if rounded[0] < rounded[1] and (before := first.setdefault(rounded, own)) is not own:
                yield before, own
        count += len(x)
        if count > MOST:
            return


def _is_the_input(turn: Turn, x: Tensor, y: Tensor) -> bool:
    return x.numel() == y.numel() and _same(turn(x).reshape(y.shape), y)


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool((one == other).all())
