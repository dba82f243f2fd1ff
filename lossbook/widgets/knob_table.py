"""The knobs of the scenario lab: settings of the run that the reader may change, and the values that are offered.

The list depends on the parts of the run alone, not on what is wrong with it, so that it does not give the answer away.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from typing import Any

from lossbook.data import Corrupted, Normalize, RandomCrop
from lossbook.data.corruptions import LabelNoise, Sorted
from lossbook.experiment import Experiment
from lossbook.initializers import He, Normal, Xavier, Zeros
from lossbook.loop import Loop
from lossbook.losses import MAE, MSE, NLL, BinaryCrossEntropy, Huber, SoftmaxCrossEntropy
from lossbook.metrics import R2, Accuracy
from lossbook.optim import ClipByGlobalNorm
from lossbook.paths import replace_at, value_at
from lossbook.scenarios.objective_bugs import LogitsWithSigmoid, Sign
from lossbook.values import same

LONGEST = 44  # characters of a value in a list
INSIDE = {"data": "data.data", "model": "model.net"}  # where a setting stands if the data, or the net, are wrapped

#: path of a setting, and the values that people try; a row counts where the setting is of the values' kind
VALUES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("optimizer.lr", (1e-6, 1e-4, 1e-3, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0)),
    ("optimizer.rule.lr", (1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1)),  # of groups, that of most weights
    ("optimizer.lr.lr", (1e-4, 1e-3, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)),
    ("optimizer.lr.then.lr", (1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1)),
    ("optimizer.lr.gamma", (0.5, 0.8, 0.9, 0.99, 0.995, 0.999)),
    ("optimizer.lr.steps", (10, 50, 100, 150, 200)),
    ("optimizer.lr.period", (10, 20, 50, 100)),
    ("optimizer.momentum", (0.0, 0.5, 0.9, 0.99)),
    ("optimizer.betas.0", (0.0, 0.5, 0.9, 0.99)),
    ("optimizer.betas.1", (0.001, 0.9, 0.99, 0.999)),
    ("optimizer.eps", (1e-8, 1e-6, 1e-4, 0.01, 1.0)),
    ("optimizer.weight_decay", (0.0, 1e-4, 0.01, 0.1)),
    ("optimizer.decoupled", (False, True)),
    ("clipping", (None, ClipByGlobalNorm(0.5), ClipByGlobalNorm(1.0), ClipByGlobalNorm(15.0))),
    ("penalty.strength", (0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1)),
    ("batch_size", (1, 8, 64, 256)),
    ("shuffle", (False, True)),
    ("steps", (200, 400, 800)),
    ("seed", (1, 2, 3)),
    ("loop", (Loop(), Loop(accumulate=2), Loop(accumulate=4))),
    ("loop.scale", (1.0, 1024.0, 65536.0)),
    ("loss.reduction", ("mean", "sum")),
    ("model.activation", ("relu", "tanh", "sigmoid", "none")),
    ("model.init", (None, He(), Xavier(), Normal(0.01), Normal(1.0), Zeros())),
    ("model.norm", (None, "batch", "layer")),
    ("model.dropout", (0.0, 0.2, 0.5, 0.9)),
    ("model.bias", (-1.0, 0.0, 0.01, 1.0)),
    ("model.last", ("nothing", "detach", "sigmoid")),
    ("model.last", ("none", "softmax", "log_softmax")),
    ("model.container", ("list", "ModuleList")),
    ("model.by", ("view", "flatten")),
    ("model.side", (2, 4, 7)),
    ("augment", (None, RandomCrop(padding=2), RandomCrop(padding=3))),
    ("augment.padding", (0, 2, 4, 8)),
    ("data.train_size", (100, 1000, 4000)),
    ("data.train_transform", (Normalize(), Normalize(0.0, 1.0))),
    ("data.val_transform", (Normalize(), Normalize(0.0, 1.0))),
    ("data.column", (False, True)),
    ("data.again", (False, True)),
    ("data.answers", (False, True)),
    ("loss.assigned", ("=", "+=")),
    ("loss.ink", (0.0, 1.0, 100.0)),
    ("loss.mining", ("all", "hardest")),
    ("model.kept", ("known", "unknown")),
    ("model.prefix", ("", "module.")),
    ("model.root", ("bare", "epsilon")),
    ("data.corruption", (None, Sorted(), LabelNoise(0.1))),
)

#: the same for the loss and the metric, by the task: numbers, yes or no, classes
TASKS: tuple[tuple[type, tuple[tuple[str, tuple[Any, ...]], ...]], ...] = (
    (MSE, (("loss", (MSE(), MAE(), Huber())), ("metric", (R2(), Sign())))),
    (
        BinaryCrossEntropy,
        (("loss", (BinaryCrossEntropy(), BinaryCrossEntropy(pos_weight=2.0), MSE())), ("metric", (Sign(), R2()))),
    ),
    (
        object,
        (
            ("loss", (SoftmaxCrossEntropy(), SoftmaxCrossEntropy(label_smoothing=0.1), NLL(), LogitsWithSigmoid())),
            ("metric", (Accuracy(), Accuracy(ignore_index=0))),
        ),
    ),
)


@dataclass(frozen=True)
class Knob:
    """One setting of a run, and the values that are offered in place of the one that it has."""

    path: str  #: in the experiment
    now: Any  #: the value as it stands
    values: tuple[Any, ...]

    @property
    def options(self) -> tuple[str, ...]:
        """What a list shows: first the value as it stands, told only if it is a number, then the others.

        What is no number stands once more among the others, without a mark.
        """
        told = f" ({brief(self.now)})" if _kind(self.now) == "number" else ""
        return f"as it stands{told}", *map(brief, self.values)

    def changed(self, experiment: Experiment, option: int) -> Experiment:
        """The experiment with the value that stands at this place of ``options``, measured by the loss as before."""
        if option == 0:
            return experiment
        value = self.values[option - 1]
        if self.path.startswith("loss"):
            experiment = replace(experiment, reference=experiment.reference or experiment.loss)
        if self.path == "data.corruption" and not isinstance(experiment.data, Corrupted):
            return replace(experiment, data=Corrupted(experiment.data, value))
        return replace_at(experiment, self.path, value)


def knobs(experiment: Experiment) -> list[Knob]:
    """The knobs that this run has.

    >>> from lossbook.scenarios import SCENARIOS
    >>> {one.path: one.options for one in knobs(SCENARIOS["adam-eps-too-large"].broken)}["optimizer.eps"]
    ('as it stands (1)', '1e-08', '1e-06', '0.0001', '0.01')
    """
    measured_by, found = experiment.reference or experiment.loss, []
    task = next(rows for kind, rows in TASKS if isinstance(measured_by, kind))
    for asked, values in (*VALUES, *task):
        for path in (asked, _inside(asked)):
            now = _value(experiment, path)
            if _kind(now) == _kind(values[-1]) and (not isinstance(now, str) or now in values):
                found.append(Knob(path, now, tuple(one for one in values if _kind(one) != "number" or one != now)))
                break
    return found


def brief(value: Any) -> str:
    """A value for a list: a part with those of its settings that are not the usual ones.

    >>> brief(SoftmaxCrossEntropy(label_smoothing=0.1)), brief(Loop()), brief(None), brief(1e-6)
    ('SoftmaxCrossEntropy(label_smoothing=0.1)', 'Loop()', 'None', '1e-06')
    """
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if is_dataclass(value) and not isinstance(value, type):
        own = [
            f"{item.name}={brief(getattr(value, item.name))}"
            for item in fields(value)
            if item.default is MISSING or not same(getattr(value, item.name), item.default)
        ]
        text = f"{type(value).__name__}({', '.join(own)})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _inside(path: str) -> str:
    first, _, rest = path.partition(".")
    return f"{INSIDE.get(first, first)}.{rest}" if rest else path


def _value(experiment: Experiment, path: str) -> Any:
    """What stands there; an exception, whose kind no knob has, where there is no such setting."""
    if path == "data.corruption" and not isinstance(experiment.data, Corrupted):
        return None
    try:
        return value_at(experiment, path)
    except ValueError as error:
        return error


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float)):
        return "number"
    return "nothing" if isinstance(value, Exception) else "part"
