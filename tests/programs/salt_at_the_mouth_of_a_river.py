"""Healthy: a GRU reads a day of measurements and foretells six hours; Adam, clipping, a rate that is halved.

Source: of our own. Plain: windows drawn at random, the Huber loss, a held-out set of other days.
Why it is right: there is nothing to mend; the loss ends where the measuring error of 0.15 lets it end.
"""

import torch
from torch import nn

from programs.data_r import salinity

FAMILY = "ebbs-gru"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Forecaster(nn.Module):
    def __init__(self, hidden_size=32, horizon=6):
        super().__init__()
        self.rnn = nn.GRU(input_size=1, hidden_size=hidden_size, batch_first=True)
        self.norm = nn.LayerNorm(hidden_size)
        self.out = nn.Linear(hidden_size, horizon)

    def forward(self, day):
        _, h = self.rnn(day)
        return self.out(self.norm(h[-1]))


class Trainer:
    def __init__(self, model, lr=1e-2, batch_size=40):
        self.model, self.batch_size = model, batch_size
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.scheduler = torch.optim.lr_scheduler.MultiStepLR(self.optimizer, milestones=[130, 190], gamma=0.5)
        self.criterion = nn.HuberLoss(delta=1.0)

    def step(self, x, y):
        rows = torch.randint(len(x), (self.batch_size,))
        loss = self.criterion(self.model(x[rows]), y[rows])
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=1.0)
        self.optimizer.step()
        self.scheduler.step()
        return loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    trainer = Trainer(Forecaster())
    return dict(model=trainer.model, optimizer=trainer.optimizer, loss_fn=trainer.criterion, trainer=trainer,
                train=salinity(2000, seed), val=salinity(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for i in range(steps or 240):
        loss = setup["trainer"].step(x, y)
        if i % 60 == 59:
            log(loss, val_loss=error(setup))
        else:
            log(loss)


@torch.no_grad()
def error(setup):
    day, coming = setup["val"]
    return setup["loss_fn"](setup["model"](day), coming).item()
