"""Plain bugs that are put into sound programs: into what ``build`` has made, or into the lines of ``train``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

Setup = dict[str, Any]


class Unfit(Exception):
    """The bug has no place in this program."""


class Bug(NamedTuple):
    """One bug.

    Args:
        causes: keys that name it.
        spoil: changes the setup of a program; None for a bug of the lines.
        rewrite: the text of ``train`` with the bug; None for a bug of the setup.
    """

    causes: tuple[str, ...]
    spoil: Callable[[Setup], None] | None = None
    rewrite: Callable[[str], str] | None = None


def _fits(condition: Any) -> None:
    if not condition:
        raise Unfit


def _group(setup: Setup, *needs: str) -> dict[str, Any]:
    """The only group of the only optimiser, which has these settings."""
    found = [each for each in setup.values() if isinstance(each, torch.optim.Optimizer)]
    _fits(len(found) == 1 and len(found[0].param_groups) == 1)
    group = found[0].param_groups[0]
    _fits(all(need in group for need in needs))
    return group


def _rate(factor: float) -> Callable[[Setup], None]:
    def spoil(setup: Setup) -> None:
        group = _group(setup)
        for name in {"lr", "initial_lr"} & set(group):
            group[name] *= factor
        for schedule in (each for each in setup.values() if hasattr(each, "base_lrs")):
            schedule.base_lrs = [factor * lr for lr in schedule.base_lrs]

    return spoil


def _set(name: str, value: Any) -> Callable[[Setup], None]:
    def spoil(setup: Setup) -> None:
        _group(setup, name)[name] = value

    return spoil


def _much_decay(setup: Setup) -> None:
    group = _group(setup, "weight_decay")
    group["weight_decay"] = 0.03 / group["lr"] if "betas" not in group or group.get("decoupled_weight_decay") else 1.0


def _head_alone(setup: Setup) -> None:
    group = _group(setup)
    _fits(len(group["params"]) >= 4)
    group["params"] = group["params"][-2:]


def _never_zeroed(setup: Setup) -> None:
    _group(setup)
    next(each for each in setup.values() if isinstance(each, torch.optim.Optimizer)).zero_grad = lambda *_, **__: None


def _pair(setup: Setup) -> tuple[Tensor, Tensor, Callable[[Tensor, Tensor], None]]:
    """Inputs and targets of a table, and a function that puts others in their place."""
    given = setup.get("train")
    if isinstance(given, tuple) and len(given) == 2 and all(isinstance(each, Tensor) for each in given):
        return *given, lambda x, y: setup.update(train=(x, y))
    _fits(
        isinstance(given, DataLoader) and isinstance(given.dataset, TensorDataset) and len(given.dataset.tensors) == 2
    )

    def put(x: Tensor, y: Tensor) -> None:
        given.dataset.tensors = (x, y)

    return *given.dataset.tensors, put


def _of_rows(change: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> Callable[[Setup], None]:
    def spoil(setup: Setup) -> None:
        x, y, put = _pair(setup)
        _fits(len(x) == len(y))
        put(*change(x, y))

    return spoil


def _far_inputs(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    _fits(x.is_floating_point())
    return 300 * x + 100, y


def _large_targets(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    _fits(y.is_floating_point() and y.unique().numel() > 20)
    return x, 1000 * y


def _one_nan(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    _fits(x.is_floating_point())
    x = x.clone()
    x.view(len(x), -1)[len(x) // 2, 0] = float("nan")
    return x, y


def _matrices(setup: Setup) -> list[nn.Parameter]:
    found = [param for param in setup["model"].parameters() if param.ndim > 1]
    _fits(len(found) >= 2)
    return found


def _weights(change: Callable[[Tensor], Any]) -> Callable[[Setup], None]:
    def spoil(setup: Setup) -> None:
        with torch.no_grad():
            for param in _matrices(setup):
                change(param)

    return spoil


def _frozen(setup: Setup) -> None:
    params = list(setup["model"].parameters())
    _fits(len(params) >= 4)
    for param in params[:-2]:
        param.requires_grad_(False)


def _dropped(setup: Setup) -> None:
    found = [each for each in setup["model"].modules() if isinstance(each, nn.Dropout)]
    _fits(found)
    for each in found:
        each.p = 0.95


def _detached(setup: Setup) -> None:
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Embedding)
    found = [each for each in setup["model"].modules() if isinstance(each, kinds)]
    _fits(len(found) >= 3)
    found[-2].register_forward_hook(lambda module, args, output: output.detach())


def _loss(kinds: tuple[type, ...], make: Callable[[Any], Any]) -> Callable[[Setup], None]:
    def spoil(setup: Setup) -> None:
        _fits(isinstance(setup.get("loss_fn"), kinds))
        setup["loss_fn"] = make(setup["loss_fn"])

    return spoil


def _of_all_pairs(loss: Any) -> Any:
    def all_pairs(output: Tensor, y: Tensor) -> Tensor:
        _fits(output.shape == y.shape and output.ndim == 1)
        return loss(output, y[:, None])

    return all_pairs


STEP = re.compile(r"^( +)(\S*opt\S*|\S*adam\S*|\S*sgd\S*)\.step\(\)\n", re.MULTILINE | re.IGNORECASE)
CLEAR = re.compile(r"^( +)\S+\.zero_grad\([^)\n]*\)\n", re.MULTILINE)
BACK = re.compile(r"^( +)loss\.backward\(\)\n", re.MULTILINE)
ROWS = re.compile(r"\b(y|labels|targets?|kinds|classes)\[(rows|ids|pick|idx|part|index|i)\]")


def _once(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = list(pattern.finditer(text))
    _fits(len(found) == 1)
    return found[0]


def _in_place_of(pattern: re.Pattern[str], new: str) -> Callable[[str], str]:
    def rewrite(text: str) -> str:
        match = _once(pattern, text)
        return text[: match.start()] + match.expand(new) + text[match.end() :]

    return rewrite


def _cleared_late(text: str) -> str:
    clear = _once(CLEAR, text)
    rest = text[: clear.start()] + text[clear.end() :]
    back = _once(BACK, rest)
    return rest[: back.end()] + clear.group() + rest[back.end() :]


BUGS = {
    "rate times 100": Bug(("lr-too-high", "no-warmup"), _rate(100.0)),
    "rate over 300": Bug(("lr-too-low",), _rate(1 / 300)),
    "decay": Bug(("weight-decay-too-strong",), _much_decay),
    "epsilon 1": Bug(("adam-eps",), _set("eps", 1.0)),
    "betas exchanged": Bug(("adam-betas", "momentum-too-high"), _set("betas", (0.999, 0.9))),
    "momentum 0.999": Bug(("momentum-too-high",), _set("momentum", 0.999)),
    "head alone": Bug(("parameters-not-optimized",), _head_alone),
    "frozen": Bug(("parameters-not-optimized", "weights-not-loaded"), _frozen),
    "never zeroed": Bug(("missing-zero-grad",), _never_zeroed),
    "rows permuted": Bug(("labels-misaligned", "noisy-labels"), _of_rows(lambda x, y: (x, y[torch.randperm(len(y))]))),
    "inputs far off": Bug(("unscaled-inputs",), _of_rows(_far_inputs)),
    "targets times 1000": Bug(("unscaled-targets",), _of_rows(_large_targets)),
    "one NaN": Bug(("nonfinite-inputs",), _of_rows(_one_nan)),
    "weights times 10": Bug(("bad-init-scale", "saturated-activations"), _weights(lambda w: w.mul_(10))),
    "weights over 100": Bug(("bad-init-scale", "vanishing-gradients"), _weights(lambda w: w.div_(100))),
    "weights alike": Bug(("symmetric-init", "bad-init-scale"), _weights(lambda w: w.fill_(0.02))),
    "dropout 0.95": Bug(("dropout-too-high",), _dropped),
    "detached": Bug(("graph-detached",), _detached),
    "softmax first": Bug(
        ("softmax-before-cross-entropy",),
        _loss((nn.CrossEntropyLoss,), lambda loss: lambda output, y: loss(output.softmax(1), y)),
    ),
    "all pairs": Bug(("broadcast-loss",), _loss((nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss), _of_all_pairs)),
    "cleared late": Bug(("gradients-cleared-early",), rewrite=_cleared_late),
    "no step": Bug(("parameters-not-optimized",), rewrite=_in_place_of(STEP, r"\1pass\n")),
    "state cleared": Bug(("state-reset",), rewrite=_in_place_of(STEP, r"\1\2.state.clear()\n\1\2.step()\n")),
    "rate falls each step": Bug(
        ("schedule-decays-too-early",),
        rewrite=_in_place_of(STEP, r'\1\2.step()\n\1\2.param_groups[0]["lr"] *= 0.9\n'),
    ),
    "sign": Bug(("loss-sign-flipped",), rewrite=_in_place_of(BACK, r"\1(-loss).backward()\n")),
    "labels of the next row": Bug(
        ("labels-misaligned", "noisy-labels"), rewrite=_in_place_of(ROWS, r"\1[\2].roll(1, 0)")
    ),
}
