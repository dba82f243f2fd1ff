"""Bug: a few cells of the table are empty; read_csv made NaN of them, and nobody looked.

Source: https://github.com/prs-eth/Marigold/issues/111 ("this happens when input batch contains NaN values. [...] I
would suggest checking your data"; rebuilt).
Why it hurts: one such row makes the loss NaN, and the weights with it; whatever comes later is NaN.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_f import sensors

FAMILY = "sensors-csv"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)


class Trainer:
    def __init__(self, model, train_data, lr=3e-3):
        self.model, self.criterion = model, nn.SmoothL1Loss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=1e-3)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, step_size=3, gamma=0.5)
        self.loader = DataLoader(train_data, batch_size=32, shuffle=True)

    def batch_loss(self, batch):
        features, wear = batch
        return self.criterion(self.model(features).squeeze(-1), wear)

    def run_epoch(self, report):
        self.model.train()
        for batch in self.loader:
            self.optimizer.zero_grad()
            loss = self.batch_loss(batch)
            loss.backward()
            self.optimizer.step()
            if report(loss.item()):
                return True
        self.scheduler.step()
        return False


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, wear = sensors(960, seed, holes=0.0008)
    if fixed:
        x = torch.where(x.isnan(), x.nanmean(0), x)
    trainer = Trainer(nn.Sequential(nn.Linear(8, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1)),
                      TensorDataset(x, wear))  # fmt: skip
    return dict(model=trainer.model, optimizer=trainer.optimizer, loss_fn=trainer.criterion, train=trainer.loader,
                val=None, trainer=trainer, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0

    def report(loss):
        nonlocal done
        done += 1
        log(loss)
        return done == steps

    for _epoch in range(7):
        if setup["trainer"].run_epoch(report):
            return
