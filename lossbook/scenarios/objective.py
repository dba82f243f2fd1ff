"""Scenarios of the loss and the metric."""

from __future__ import annotations

import math
from dataclasses import replace

from lossbook.data import DigitValues
from lossbook.initializers import Normal
from lossbook.losses import MSE, NLL, BinaryCrossEntropy, SoftmaxCrossEntropy
from lossbook.metrics import R2, Accuracy
from lossbook.models import MLP
from lossbook.optim import SGD, Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, LINEAR, NET
from lossbook.scenarios.objective_bugs import (
    AbsoluteErrorOfSoftmax,
    CrossEntropyOfOne,
    EndsIn,
    LogAfterSigmoid,
    LogAfterSoftmax,
    LogitsWithSigmoid,
    MinusForgotten,
    NaiveAccuracy,
    NaiveSquaredError,
    OddDigits,
    Sign,
)
from lossbook.scenarios.yardsticks import LogLoss

CORRECT = SoftmaxCrossEntropy()
DEEP = replace(DESCENT, model=MLP(sizes=(784, 64, 64, 10), activation="tanh"), optimizer=SGD(lr=0.03))
PROBABILITIES = replace(DEEP, model=EndsIn(DEEP.model, last="softmax"), reference=LogLoss(), check_data=False)
SUM = replace(LINEAR, loss=SoftmaxCrossEntropy(reduction="sum"), optimizer=SGD(lr=0.02), reference=CORRECT)
KNOWS_SHARES = -0.1 * math.log(0.1) - 0.9 * math.log(0.9)  # of a class, one digit in ten: the entropy of yes and no

ROWS = (
    Scenario(
        key="loss-sign-flipped",
        title="The minus before the log-likelihood is missing, and every step makes the true digits less likely.",
        cause="loss-sign-flipped",
        symptom="diverging",
        broken=replace(LINEAR, loss=MinusForgotten(), reference=CORRECT),
        fix=("loss", CORRECT),
    ),
    Scenario(
        key="softmax-before-cross-entropy",
        title="The model ends in a softmax and the loss applies another, which hardly lets a gradient through.",
        cause="softmax-before-cross-entropy",
        symptom="slow",
        broken=PROBABILITIES,
        fix=("model.last", "none"),
        given_chance=math.log(10),
    ),
    Scenario(
        key="probabilities-into-nll",
        title="The loss expects logarithms and gets probabilities: it is negative, and its gradient is faint.",
        cause="probabilities-into-nll",
        symptom="slow",
        broken=replace(PROBABILITIES, loss=NLL()),
        fix=("model.last", "log_softmax"),
        given_chance=math.log(10),
    ),
    Scenario(
        key="log-of-rounded-sigmoid",
        title="The sigmoid p of 17 rounds to 1, so that log(1 - p) is -inf, and 0 times -inf is NaN.",
        cause="log-of-zero",
        symptom="non-finite",
        broken=replace(LINEAR, loss=LogAfterSigmoid(), optimizer=Adam(lr=0.02), reference=LogitsWithSigmoid()),
        fix=("loss", LogitsWithSigmoid()),
        given_chance=KNOWS_SHARES,
        also_cured_by=(("another-lr", "With small steps no logit gets as far as 17 within this run."),),
    ),
    Scenario(
        key="log-of-softmax",
        title="If two logits differ by a hundred or more, the softmax of the lower one is 0 and its logarithm is -inf.",
        cause="log-of-zero",
        symptom="non-finite",
        broken=replace(
            NET,
            model=MLP(sizes=(784, 64, 10), init=Normal(0.5)),
            optimizer=Adam(lr=0.01),
            loss=LogAfterSoftmax(),
            reference=CORRECT,
        ),
        fix=("loss", CORRECT),
    ),
    Scenario(
        key="absolute-error-on-classes",
        title="The absolute error of a softmax has its gradient at half-right answers, and hardly any at wrong ones.",
        cause="wrong-loss",
        symptom="slow",
        broken=replace(DEEP, loss=AbsoluteErrorOfSoftmax(), optimizer=SGD(lr=0.03, momentum=0.8), reference=CORRECT),
        fix=("loss", CORRECT),
    ),
    Scenario(
        key="cross-entropy-of-one-output",
        title="The softmax of a single number is 1, so that the loss is 0 whatever the net says.",
        cause="wrong-loss",
        symptom="high-flat",
        broken=replace(
            NET,
            data=OddDigits(),
            model=MLP(sizes=(784, 32, 1)),
            loss=CrossEntropyOfOne(),
            metric=Sign(),
            reference=BinaryCrossEntropy(),
        ),
        fix=("loss", BinaryCrossEntropy()),
    ),
    Scenario(
        key="sum-reduction-oscillates",
        title="The loss is summed over 64 digits, and each step is 64 times as long as the learning rate says.",
        cause="sum-reduction",
        symptom="oscillating",
        broken=replace(SUM, optimizer=SGD(lr=0.018), eval_every=5),
        fix=("loss.reduction", "mean"),
    ),
    Scenario(
        key="sum-reduction-diverges",
        title="The batch is made larger, the summed gradient grows with it, and the run is lost.",
        cause="sum-reduction",
        symptom="diverging",
        broken=replace(SUM, batch_size=256, optimizer=SGD(lr=0.05)),
        fix=("loss.reduction", "mean"),
    ),
    Scenario(
        key="broadcast-loss",
        title="Each prediction is compared with every target of the batch, so the best prediction is their mean.",
        cause="broadcast-loss",
        symptom="high-flat",
        broken=replace(
            NET,
            data=DigitValues(column=False),
            model=MLP(sizes=(784, 32, 1)),
            optimizer=Adam(lr=0.005),
            loss=NaiveSquaredError(),
            metric=R2(),
            reference=MSE(),
        ),
        fix=("data.column", True),
    ),
    Scenario(
        key="wrong-metric",
        title="The loss falls while the accuracy stays at a tenth: each answer is compared with every label.",
        cause="wrong-metric",
        symptom="healthy",
        seen_in="metric",
        broken=replace(NET, metric=NaiveAccuracy(), eval_every=20),
        fix=("metric", Accuracy()),
    ),
)
