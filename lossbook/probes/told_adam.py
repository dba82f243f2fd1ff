"""Adam with one more setting, which says whether the bias of its averages is corrected, and of which."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lossbook.probes.responses import CORRECTIONS


class ToldAdam(Optimizer):
    """AdamW that corrects the bias of both averages, of one, or of none.

    Args:
        params: as for any optimiser.
        bias_correction: a key of ``CORRECTIONS``.
        lr, betas, eps, weight_decay: as those of AdamW.
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        bias_correction: bool | str,
    ) -> None:
        knobs = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**knobs, "bias_correction": bias_correction})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move each parameter that has a gradient."""
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    self._move(param, group)

    def _move(self, param: Tensor, group: dict[str, Any]) -> None:
        state, averages = self.state[param], []
        state["step"] = state.get("step", 0) + 1
        values = {"mean": param.grad, "square": param.grad.square()} if param.grad is not None else {}
        corrections = CORRECTIONS[group["bias_correction"]]
        for (name, value), beta, corrected in zip(values.items(), group["betas"], corrections, strict=True):
            average = state.setdefault(name, torch.zeros_like(param)).lerp_(value, 1 - beta)
            averages.append(average / (1 - beta ** state["step"]) if corrected else average)
        mean, square = averages
        param.mul_(1 - group["lr"] * group["weight_decay"])
        param.sub_(group["lr"] * mean / (square.sqrt() + group["eps"]))
