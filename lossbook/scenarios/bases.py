"""The healthy trainings on real digits that most scenarios break in one place."""

from __future__ import annotations

from dataclasses import replace

from lossbook.data import Digits, Pool
from lossbook.experiment import Experiment
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD, Adam

LINEAR = Experiment(
    data=Digits(train_size=4000),
    model=MLP(sizes=(784, 10)),
    loss=SoftmaxCrossEntropy(),
    optimizer=SGD(lr=0.05),
    steps=200,
    eval_every=10,
)  #: one dense layer
NET = replace(LINEAR, model=MLP(sizes=(784, 32, 10)), optimizer=Adam(lr=0.002))  #: one hidden layer
DESCENT = replace(NET, optimizer=SGD(lr=0.05))  #: the same, by gradient descent
FEW = replace(
    NET,
    data=Digits(train_size=100, train_transform=Pool(), val_transform=Pool()),
    model=MLP(sizes=(196, 64, 64, 10)),
    optimizer=Adam(lr=0.003),
    steps=340,
    eval_every=20,
)  #: few digits, made smaller for a quick run, and a net that has enough weights for many more
