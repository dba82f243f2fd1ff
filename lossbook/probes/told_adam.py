"""Adam with one more setting, which says how the bias of each of its averages is corrected."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lossbook.probes.responses import CORRECTIONS, divisor

AT_ODDS = ("other", "other mean", "other square")  #: corrections that do not go with the averages
OTHERWISE = "which takes the shares of the old and of the new gradient for one another"
#: what is not usual about a correction, in words
CORRECTED: dict[bool | str, str] = {
    False: " and no correction of the bias",
    "mean": " and no correction of the square's bias",
    "square": " and no correction of the mean's bias",
    "other": f" and a correction of the bias {OTHERWISE}",
    "other mean": f" and a correction of the mean's bias {OTHERWISE}",
    "other square": f" and a correction of the square's bias {OTHERWISE}",
}


class ToldAdam(Optimizer):
    """AdamW that corrects the bias of both averages, of one, or of none, or with their shares exchanged.

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
        for (name, value), beta, by in zip(values.items(), group["betas"], corrections, strict=True):
            average = state.setdefault(name, torch.zeros_like(param)).lerp_(value, 1 - beta)
            averages.append(average / float(divisor(beta, state["step"], by)))
        mean, square = averages
        param.mul_(1 - group["lr"] * group["weight_decay"])
        param.sub_(group["lr"] * mean / (square.sqrt() + group["eps"]))
