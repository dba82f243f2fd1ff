"""Healthy: a small net on a table, AdamW, a mean of the weights that runs along and is what gets used in the end.

Source: of our own.
Why it is right: the loss falls steadily to what the noise of the table leaves, and the held-out one with it.
"""

import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import anchors

FAMILY = "anchors-mlp"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class EMA:
    def __init__(self, model, decay=0.98):
        self.shadow, self.decay = copy.deepcopy(model).eval(), decay

    @torch.no_grad()
    def update(self, model):
        for mean, now in zip(self.shadow.parameters(), model.parameters(), strict=True):
            mean.mul_(self.decay).add_(now, alpha=1 - self.decay)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(9, 48), nn.ReLU(), nn.Dropout(0.1), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))
    return dict(
        model=model,
        ema=EMA(model),
        optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*anchors(3000, seed)), batch_size=50, shuffle=True),
        val=anchors(600, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, ema, opt, criterion = setup["model"], setup["ema"], setup["optimizer"], setup["loss_fn"]
    it = 0
    for _epoch in range(8):
        model.train()
        for x, ground in setup["train"]:
            opt.zero_grad()
            loss = criterion(model(x), ground)
            loss.backward()
            opt.step()
            ema.update(model)
            it += 1
            log(loss.item(), **({"val_loss": error(setup)} if it % 60 == 0 else {}))
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    x, ground = setup["val"]
    return setup["loss_fn"](setup["ema"].shadow(x), ground).item()
