"""Bug: the loop of the autoencoder calls backward and step, and never zero_grad.

Source: https://github.com/yastrebksv/TennisCourtDetector/issues/7 ("Why there is no optimizer.zero_grad()"; rebuilt).
Why it hurts: the gradients of all batches since the first add up; each step follows the sum of old directions.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_p import ships

FAMILY = "ships-ae"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("plateau", "oscillating", "spiking", "diverging", "high-flat", "slow")


class AutoEncoder(nn.Module):
    def __init__(self, pixels=144, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, 64), nn.ReLU(), nn.Linear(64, code))
        self.decoder = nn.Sequential(nn.Linear(code, 64), nn.ReLU(), nn.Linear(64, pixels), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Trainer:
    def __init__(self, model, optimizer, criterion, clear):
        self.model, self.optimizer, self.criterion = model, optimizer, criterion
        self.clear = clear

    def train_step(self, batch):
        loss = self.criterion(self.model(batch), batch)
        if self.clear:
            self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = AutoEncoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loader = DataLoader(ships(2560, seed), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCELoss(), train=loader, val=ships(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    trainer = Trainer(setup["model"], setup["optimizer"], setup["loss_fn"], clear=setup["fixed"])
    seen = 0
    for _epoch in range(10):
        for batch in setup["train"]:
            loss = trainer.train_step(batch)
            seen += 1
            log(loss.item())
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    return nn.functional.mse_loss(setup["model"](setup["val"]), setup["val"]).item()
