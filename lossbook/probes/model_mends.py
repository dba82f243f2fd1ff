"""Mends for causes in the model's structure, each made from a case alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case, Snapshot
from lossbook.evidence.replay import gradients, quiet
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Mend
from lossbook.probes.output_range import Reach, reach
from lossbook.probes.passes import layers
from lossbook.probes.rewired import Beside, Instead, OneByOne, Rewired, activation_calls, same, uncut, within

LR = 1e-2  # of Adam, for the wide net
_KEPT = frozenset(vars(nn.Module()))  # names of its lists of parameters, buffers and hooks
STEPS = 120  # in which that net shows what it learns


def hidden_parameters(snapshot: Snapshot, batch: Batch) -> list[Tensor] | None:
    """The parameters behind the output which neither the model's list nor an optimiser knows; None: there is no graph.

    As the graph behind the output has them, in eval mode. A plain tensor that requires a gradient is one, too, if a
    module had it as an attribute before the pass, or in a list there: what is given, or made in the pass, is none.
    """
    model = snapshot.model
    plain = {id(each) for part in model.modules() for each in tensors(_own(part)) if each.is_leaf}
    known = {id(param) for group in snapshot.groups for param in group["params"]}
    known |= {id(param) for param in model.parameters()}
    with quiet(model), torch.enable_grad():
        outputs = tensors(batch.output(model.eval()))
    behind, seen, found = [one.grad_fn for one in outputs], set[Any](), list[Tensor]()
    if not any(behind):
        return None
    while behind:
        node = behind.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        behind += [before for before, _ in node.next_functions]
        leaf = getattr(node, "variable", None)
        if isinstance(leaf, Tensor) and (isinstance(leaf, nn.Parameter) or id(leaf) in plain) and id(leaf) not in known:
            found.append(leaf)
    return found


def _own(module: nn.Module) -> list[Any]:
    """What its attributes hold, but for what torch keeps there itself."""
    return [each for name, each in vars(module).items() if name not in _KEPT]


def hidden_trained(case: Case) -> Mend | None:
    """The hidden parameters in the optimiser."""
    own = {id(param) for param in hidden_parameters(case.start, case.batches[0]) or ()}
    start = case.start.copy(shared=[])
    hidden = hidden_parameters(start, case.batches[0])
    if not hidden or own & {id(param) for param in hidden}:  # those that copying does not reach are the training's own
        return None
    start.optimizer.add_param_group({"params": hidden, "lr": start.groups[0]["lr"]})
    return Mend("the hidden parameters were given to the optimiser", replace(case, start=start))


def not_cut(case: Case) -> Mend | None:
    """As :func:`cuts_passed_over`, if more parameters get a gradient then."""
    mend = cuts_passed_over(case)
    try:
        grads = [gradients(one, case.start.model, case.batches[0]) for one in (case, mend.case)]
    except RuntimeError:  # NumPy takes no tensor that requires a gradient
        return None
    before, after = (sum(grad is not None for grad in each.values()) for each in grads)
    return mend if after > before else None


def cuts_passed_over(case: Case) -> Mend:
    """Forward and loss with ``detach``, ``.data`` and ``no_grad`` passed over."""
    return Mend("detach and no_grad were passed over", within(case, lambda: Instead(uncut)))


def without_last_activation(case: Case) -> Mend | None:
    """The last activation taken away, module or function, if the outputs reach any number then."""
    start, batch = case.start.copy(shared=[]), case.batches[0]
    last = len(activation_calls(start.model, batch)) - 1
    model = Rewired(start.model, {last: same})
    if reach(model, batch) != Reach():
        return None
    return Mend("the last activation was taken away", replace(case, start=start._replace(model=model)))


def one_by_one(case: Case) -> Mend:
    """Each example of a batch in a forward pass of its own."""
    start = case.start.copy(shared=[])
    mended = replace(case, start=start._replace(model=OneByOne(start.model, case.batches[0])))
    return Mend("each example went through the model alone", mended)


def with_activations(case: Case) -> Mend | None:
    """A ReLU behind each layer but the last."""
    start = case.start.copy(shared=[])
    *hidden, _ = [call.name for call in layers(start.model, case.batches[0])] or [""]
    for name in hidden:
        start.model.get_submodule(name).register_forward_hook(_relu)
    return Mend("a ReLU was put behind each layer but the last", replace(case, start=start)) if hidden else None


def wide_net_beside(case: Case) -> Mend:
    """A wide net beside the model, trained by Adam, whose output is added to the model's."""
    start = case.start.copy(shared=[])
    model = Beside(start.model, case.batches[0])
    adam = torch.optim.Adam(model.wide.parameters(), lr=LR)
    mended = replace(case, start=Snapshot(model, (*start.optimizers, adam)))
    return Mend("the output of a wide net was added to the model's", mended, steps=STEPS)


def all_parameters(case: Case, *, frozen: bool = True) -> Mend:
    """All parameters of the model unfrozen and in the optimiser; or only those that are not frozen."""
    start = case.start.copy()
    held = {id(param) for group in start.groups for param in group["params"]}
    if frozen:
        start.model.requires_grad_(True)
    missing = [param for param in start.model.parameters() if id(param) not in held and param.requires_grad]
    if missing:
        start.optimizer.add_param_group({"params": missing})
    return Mend("all parameters were unfrozen and given to the optimiser", replace(case, start=start))


def _relu(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
    return torch.relu(output)
