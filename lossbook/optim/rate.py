"""Read an optimiser's learning rate and put a factor on it, for any ``torch.optim.Optimizer``, ours or torch's.

``group["lr"]`` is always a number, the rate of the next step: a schedule writes the next rate after each step. The
factor is kept beside it, in ``group["lr_factor"]``, and multiplies the rate only during a step. A schedule or torch
scheduler, which computes its next rate from the last or from the first, therefore never sees the factor.
"""

from __future__ import annotations

from typing import Any

from lossbook import checks
from lossbook.optim.base import lr_at


def next_lr(optimizer: Any) -> float:
    """The learning rate that the next step uses, factor included; that of the first group, if there are several.

    >>> import torch
    >>> from lossbook.optim import SGD, TorchOptimizer
    >>> from lossbook.schedules import Linear
    >>> weight = torch.nn.Parameter(torch.ones(1))
    >>> optimizer = TorchOptimizer([weight], SGD(lr=Linear(lr=0.5, end=0.0, steps=4)))
    >>> weight.sum().backward()
    >>> rates = []
    >>> for _ in range(3):
    ...     rates.append(next_lr(optimizer))
    ...     optimizer.step()
    >>> rates
    [0.5, 0.375, 0.25]
    """
    return group_lr(optimizer, optimizer.param_groups[0])


def last_lr(optimizer: Any) -> float:
    """The learning rate that the last step used; :func:`next_lr` if there was none, or if it is not known.

    It is known for a ``TorchOptimizer``, for a torch optimiser with a schedule of ours, and for any with a factor.
    """
    return float(vars(optimizer).get("_last_lr", next_lr(optimizer)))


def lr_factor(optimizer: Any) -> float:
    """The factor that :func:`set_lr_factor` set; 1 if none was."""
    return float(optimizer.param_groups[0].get("lr_factor", 1.0)) if _is_applied(optimizer) else 1.0


def set_lr_factor(optimizer: Any, factor: float) -> None:
    """From the next step on, multiply every learning rate of the optimiser by ``factor``, until another one is set.

    A schedule or torch scheduler computes its rates as before; each step multiplies them by the factor, also in groups
    that are added later. The factor is kept in ``state_dict``. A ``TorchOptimizer``, and a torch optimiser that
    ``to_torch`` made with a schedule, apply it by themselves, also after a copy, a pickle or a resume. On any other
    torch optimiser step hooks apply it, which ``copy`` and ``pickle`` leave behind: set the factor again on the copy.

    Args:
        optimizer: any ``torch.optim.Optimizer``.
        factor: in [0, inf); it replaces the last factor. 1 gives the rate as it was.

    Raises:
        ValueError, TypeError: ``factor`` is outside its range, or no number.

    >>> import torch
    >>> weight = torch.nn.Parameter(torch.zeros(1))
    >>> optimizer = torch.optim.SGD([weight], lr=0.5)
    >>> scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> set_lr_factor(optimizer, 0.1)
    >>> for _ in range(2):
    ...     weight.sum().backward()
    ...     print(next_lr(optimizer))
    ...     optimizer.step()
    ...     scheduler.step()
    0.05
    0.025
    """
    checks.in_interval("factor", factor, "[0, inf)")
    optimizer.defaults["lr_factor"] = float(factor)  # for groups that are added later
    for group in optimizer.param_groups:
        group["lr_factor"] = float(factor)
    if not _is_applied(optimizer):
        optimizer.register_step_pre_hook(before_step)
        optimizer.register_step_post_hook(after_step)


def group_lr(optimizer: Any, group: dict[str, Any]) -> float:
    """The learning rate that the next step uses for this group, factor included."""
    rate = lr_at(group["lr"], getattr(optimizer, "steps", 0))
    within = "lr_without_factor" in group  # between the two hooks the rate contains the factor
    return float(rate) if within or not _is_applied(optimizer) else float(rate) * group.get("lr_factor", 1.0)


def before_step(optimizer: Any, *_: Any) -> None:
    """Step hook: put the factor into the rates."""
    for group in optimizer.param_groups:
        if "lr_without_factor" in group:  # the last step raised, and took no factor out
            group["lr"] = group.pop("lr_without_factor")
    optimizer._last_lr = next_lr(optimizer)
    for group in optimizer.param_groups:
        if group.get("lr_factor", 1.0) != 1:
            group["lr_without_factor"], group["lr"] = group["lr"], group["lr"] * group["lr_factor"]


def after_step(optimizer: Any, *_: Any) -> None:
    """Step hook: take the factor out of the rates again, and let a schedule write the next ones."""
    for group in optimizer.param_groups:
        if "lr_without_factor" in group:
            group["lr"] = group.pop("lr_without_factor")
    if hasattr(optimizer, "scheduler_step"):
        optimizer.scheduler_step()


def _is_applied(optimizer: Any) -> bool:
    """Whether the optimiser's step applies the factor."""
    hooks = vars(optimizer).get("_optimizer_step_pre_hooks", {})
    return getattr(optimizer, "applies_lr_factor", False) or before_step in hooks.values()
