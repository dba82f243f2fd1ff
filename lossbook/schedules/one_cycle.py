"""One-cycle: up to a high learning rate, and down to almost nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from lossbook import checks
from lossbook.schedules.base import Schedule, with_lr
from lossbook.schedules.curves import CURVES


@dataclass(frozen=True)
class OneCycle(Schedule):
    r"""The learning rate rises to a peak, then falls far below where it started, all in one run.

    The rule, for :math:`\hat\alpha` (``peak``), :math:`T` (``steps``) and :math:`w` (``warmup_share``):
    from :math:`\alpha_0 = \hat\alpha /` ``start_division`` at :math:`t = 0` up to :math:`\hat\alpha` at
    :math:`t = wT - 1`, then down to :math:`\alpha_0 /` ``final_division`` at :math:`t = T - 1`, the last update.

    Args:
        peak: the highest learning rate, in [0, inf).
        steps: number of updates of the whole run, at least 2.
        start_division: the peak divided by the first learning rate, in [1, inf).
        final_division: the first learning rate divided by the last, in [1, inf).
        warmup_share: share of the run in which the learning rate rises, in (0, 1); more than one update.
        curve: "cos" (half a cosine each way) or "linear".

    Raises:
        ValueError: a value outside its range; a rise of one update or less.
        TypeError: a value of another type.

    >>> schedule = OneCycle(peak=1.0, steps=7, start_division=4.0, final_division=10.0, warmup_share=3 / 7)
    >>> [round(schedule(step), 3) for step in range(8)]
    [0.25, 0.625, 1.0, 0.857, 0.512, 0.168, 0.025, 0.025]

    Reference: Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates
    (2018).
    Differs from torch: ``OneCycleLR`` raises an error after its last step, and by default moves the momentum too.
    """

    rates: ClassVar[tuple[str, ...]] = ("peak",)

    peak: float
    steps: int
    start_division: float = 25.0
    final_division: float = 1e4
    warmup_share: float = 0.3
    curve: Literal["cos", "linear"] = "cos"

    def __post_init__(self) -> None:
        checks.in_interval("peak", self.peak, "[0, inf)")
        checks.whole_number("steps", self.steps, 2)
        checks.in_interval("start_division", self.start_division, "[1, inf)")
        checks.in_interval("final_division", self.final_division, "[1, inf)")
        checks.in_interval("warmup_share", self.warmup_share, "(0, 1)")
        checks.one_of("curve", self.curve, CURVES)
        checks.in_interval("warmup_share * steps", self.warmup_share * self.steps, "(1, inf)")

    def _lr(self, step: int) -> float:
        curve = CURVES[self.curve]
        start = self.peak / self.start_division  # α_0 = α̂ / start_division
        end = start / self.final_division  # α_{T-1} = α_0 / final_division
        top, last = self.warmup_share * self.steps - 1, self.steps - 1  # the peak may lie between two steps
        if step <= top:
            return curve(start, self.peak, step / top)  # up: s = t / (wT - 1)
        return curve(self.peak, end, (min(step, last) - top) / (last - top))  # down: s = (t - top) / (T - 1 - top)

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``OneCycleLR`` with ``cycle_momentum=False``; the same up to step ``steps - 1``."""
        import torch

        return torch.optim.lr_scheduler.OneCycleLR(
            with_lr(optimizer, self.peak),
            self.peak,
            total_steps=self.steps,
            pct_start=self.warmup_share,
            anneal_strategy=self.curve,
            cycle_momentum=False,
            div_factor=self.start_division,
            final_div_factor=self.final_division,
        )
