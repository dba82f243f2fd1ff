"""Scenarios of the model, its initial weights."""

from __future__ import annotations

from dataclasses import replace

from lossbook.initializers import He, Normal, Zeros
from lossbook.models import MLP
from lossbook.optim import SGD
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET

DEEP = replace(
    NET, model=MLP(sizes=(784, 64, 64, 64, 64, 64, 10), init=He()), optimizer=SGD(lr=0.02), steps=400, eval_every=20
)  #: five hidden layers

ROWS = (
    Scenario(
        key="symmetric-init",
        title="All weights start at zero, no gradient passes through them, and only the last bias learns.",
        cause="symmetric-init",
        symptom="high-flat",
        broken=replace_at(NET, "model.init", Zeros()),
        fix=("model.init", He()),
    ),
    Scenario(
        key="initial-weights-too-large",
        title="Every layer makes the numbers larger, and the first steps lead beyond what a float holds.",
        cause="bad-init-scale",
        symptom="non-finite",
        broken=replace_at(DEEP, "model.init", Normal(1.0)),
        fix=("model.init", He()),
    ),
    Scenario(
        key="initial-weights-too-small",
        title="Every layer makes the numbers smaller, and no gradient comes back through them.",
        cause="bad-init-scale",
        symptom="high-flat",
        broken=replace_at(DEEP, "model.init", Normal(0.01)),
        fix=("model.init", He()),
    ),
    Scenario(
        key="vanishing-gradients-sigmoid",
        title="Five sigmoids in a row leave next to nothing of the gradient.",
        cause="vanishing-gradients",
        symptom="high-flat",
        broken=replace_at(DEEP, "model.activation", "sigmoid"),
        fix=("model.activation", "relu"),
    ),
)
