"""Bug: the trainer calls backward() and step(), and nobody ever calls zero_grad().

Source: https://github.com/yastrebksv/TennisCourtDetector/issues/7 (no zero_grad in base_trainer.py; rebuilt).
Why it hurts: each step follows the sum of all gradients so far; the weights swing about, farther and farther.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_e import gestures

FAMILY = "gestures-lstm"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "plateau", "high-flat", "spiking")


class GestureNet(nn.Module):
    def __init__(self, hidden=32, classes=6):
        super().__init__()
        self.lstm = nn.LSTM(3, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, tracks):
        states, _ = self.lstm(tracks)
        return self.head(states.mean(dim=1))


class Trainer:
    def __init__(self, model, optimizer, loss_fn, log, steps=None, clear=True):
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.log, self.steps, self.clear, self.done = log, steps, clear, 0

    def training_step(self, batch):
        tracks, gesture = batch
        loss = self.loss_fn(self.model(tracks), gesture)
        if self.clear:
            self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, loader, epochs):
        for _epoch in range(epochs):
            self.model.train()
            for batch in loader:
                self.log(self.training_step(batch))
                self.done += 1
                if self.done == self.steps:
                    return


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = GestureNet()
    return dict(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*gestures(1200, seed)), batch_size=40, shuffle=True),
        val=gestures(300, seed + 50),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    trainer = Trainer(setup["model"], setup["optimizer"], setup["loss_fn"], log, steps, clear=setup["fixed"])
    trainer.fit(setup["train"], epochs=7)


@torch.no_grad()
def error(setup):
    tracks, gesture = setup["val"]
    return (setup["model"](tracks).argmax(1) != gesture).float().mean()
