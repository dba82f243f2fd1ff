"""On what the outputs of a model depend: on its own example alone, on every input, and on no chance in eval mode."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, Snapshot, unwrapped
from lossbook.evidence.replay import output_of, train
from lossbook.evidence.structure import mapped, tensors
from lossbook.evidence.surroundings import quiet

MOVES = 3  # steps
SAME = 1e-4  # relative difference of numbers that are equal but for rounding
Outcome = tuple[bool | None, str]


def examples_are_independent(case: Case) -> Outcome:
    """In eval mode, outputs stay as they are when the examples between the first and the last become copies of one.

    What takes no half of its batch, as a graph, may mix what is in it.
    """
    batch, model = case.batches[0], unwrapped(a_few_steps_on(case).model)
    size = batch.size
    if size < 4:
        return None, f"a batch of {size} examples is too small to tell"
    before = output_of(model, batch)
    if not all(each.ndim and len(each) == size for each in tensors(before)) or not tensors(before):
        return None, "the output has no row for each example"
    order, kept = (
        torch.tensor([0, *[1] * (size - 2), size - 1]),
        torch.tensor([0, 1, size - 1]),
    )  # they keep their places
    after = output_of(model, batch._replace(target=None).rows(order))
    pairs = zip(tensors(before), tensors(after), strict=True)
    apart = max(_apart(a[kept.to(a.device)], b[kept.to(b.device)]) for a, b in pairs)
    if apart <= SAME:
        return True, "in eval mode, no output depends on the others of its batch"
    sentence = f"the others of its batch move an output by {apart:.1%}"
    try:
        output_of(model, batch.first(size // 2))
    except Exception:  # of a model that wants the batch whole
        return None, f"{sentence}; the model takes no half of it"
    return False, sentence


def every_input_counts(case: Case) -> Outcome:
    """The outputs change when an input is dealt anew among the examples; and which features have a gradient."""
    batch, model = case.batches[0], unwrapped(a_few_steps_on(case).model)
    given, size = tensors((batch.inputs, batch.kwargs)), batch.size
    if size < 2:
        return None, f"a batch of {size} examples is too small to tell"
    before, order, idle = output_of(model, batch), torch.arange(size).roll(1), list[str]()
    for place, each in enumerate(given):
        if not each.ndim or len(each) != size or bool((each == each[:1]).all()):
            continue
        after = output_of(model, _exchanged(batch, each, each[order.to(each.device)]))
        if all(_apart(a, b) <= SAME for a, b in zip(tensors(before), tensors(after), strict=True)):
            idle.append(str(place))
    if idle:
        return False, f"the outputs do not depend on input {', '.join(idle)}, counted from 0 on, of {len(given)}"
    without, all_of = _features(model, batch)
    if without:  # a stride may leave out what stands at the edge
        return None, f"{without} of {all_of} features that vary have no part in the outputs"
    return True, "each input has a part in the outputs"


def a_few_steps_on(case: Case) -> Snapshot:
    """The training after a few steps: what starts at zero shows nothing before. As it is, if it cannot be trained."""
    try:
        return train(case, case.start, MOVES)[0]
    except Exception:  # of the reader's loss, which another check tells
        return case.start


def _exchanged(batch: Batch, old: Tensor, new: Tensor) -> Batch:
    inputs, kwargs = mapped(lambda each: new if each is old else each, (batch.inputs, batch.kwargs))
    return batch._replace(inputs=inputs, kwargs=kwargs, target=None)


def _features(model: nn.Module, batch: Batch) -> tuple[int, int]:
    """Of the features of the one input of measurements that vary: how many have no gradient, and how many there are."""
    if batch.x is None:
        return 0, 0
    x = batch.x.detach().clone().requires_grad_(True)
    copy = copied_model(model, shared=[]).eval()
    # cuDNN has no backward pass of a recurrent layer in eval mode
    with torch.enable_grad(), quiet(copy), torch.backends.cudnn.flags(enabled=False):
        outputs = [each for each in tensors(batch.with_x(x).output(copy.eval())) if each.requires_grad]
        if not outputs:
            return 0, 0
        total = torch.stack([each.float().square().sum() for each in outputs]).sum()
        (slope,) = torch.autograd.grad(total, x, allow_unused=True)
    if slope is None:
        return 0, 0
    varies = (x.detach() != x.detach()[:1]).any(0)
    return int((varies & ~(slope != 0).any(0)).sum()), int(varies.sum())


class _Drops(TorchFunctionMode):
    """Notes whether something is dropped."""

    seen = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "dropout" in getattr(func, "__name__", "") and (kwargs or {}).get("training", (*args, 0, 0, 0)[2]):
            self.seen = True
        return func(*args, **(kwargs or {}))


def eval_mode_repeats_itself(case: Case) -> Outcome:
    """Two passes in eval mode, from different random numbers, give the same; what samples on purpose does not."""
    model, batch = unwrapped(case.start.model), case.batches[0]
    with _Drops() as drops:
        once, again = (tensors(output_of(model, batch, seed=seed)) for seed in (0, 1))
    apart = max((_apart(a, b) for a, b in zip(once, again, strict=True)), default=0.0)
    if apart <= SAME:
        return True, "in eval mode, two passes give the same"
    if drops.seen:
        return False, f"in eval mode, two passes differ by {apart:.1%}: F.dropout wants training=self.training"
    return None, f"in eval mode, two passes differ by {apart:.1%}: is something drawn there on purpose?"


def _apart(a: Tensor, b: Tensor) -> float:
    """The largest difference over the largest number."""
    if a.shape != b.shape:
        return math.inf
    a, b = a.detach().double(), b.detach().double()
    size = float(a.abs().max()) if a.numel() else 0.0
    return float((a - b).abs().max()) / size if size else float((a != b).any())
