"""Bug: the decay of the learning rate of another library is passed as weight_decay.

Source: https://github.com/tensorflow/swift-apis/pull/195 (the decay in Adam is learning rate decay and not weight
decay). Why it hurts: each step pulls all weights towards 0 harder than the data pull; what is left of the net says
the same of all.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-vgg"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau")


def vgg(channels, classes):
    layers, last = [], 3
    for width in channels:
        layers += [nn.Conv2d(last, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        last = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(last * (16 >> len(channels)) ** 2, classes))


class Trainer:
    def __init__(self, model, optimizer, loss_fn):
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn

    def step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss_fn(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, loader, epochs):
        for _epoch in range(epochs):
            for x, y in loader:
                yield self.step(x, y)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = vgg((12, 24), 5)
    decay = dict(weight_decay=0.0 if fixed else 0.5)
    opt = torch.optim.Adam(model.parameters(), lr=2e-3, **decay)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*fabrics(1200, seed)), batch_size=40, shuffle=True))


def train(setup, log, steps=None):
    trainer = Trainer(setup["model"], setup["optimizer"], setup["loss_fn"])
    for n, loss in enumerate(trainer.fit(setup["train"], epochs=6), start=1):
        log(loss)
        if n == steps:
            return
