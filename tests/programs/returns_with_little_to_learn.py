"""Healthy: a return that hangs a little on the weather, the rest is noise; the loss begins at its floor.

Source: no thread; returns of a day can hardly be forecast; who finds a hundredth of their spread has found much.
Why it looks ill: the loss is flat near the variance of the target, and no change would let it fall.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import weather

FAMILY = "weather-returns"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "plateau", "slow", "oscillating")


def noisy_returns(n, seed):
    window, ahead = weather(n, seed)
    g = torch.Generator().manual_seed(seed)
    return window.flatten(1), 0.25 * ahead + torch.randn(n, generator=g)


class Shallow(nn.Module):
    def __init__(self, n_in=72, width=8):
        super().__init__()
        self.drop = nn.Dropout(0.1)
        self.a, self.b = nn.Linear(n_in, width), nn.Linear(width, 1)

    def forward(self, x):
        return self.b(self.drop(torch.tanh(self.a(x)))).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Shallow()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01),
                loss_fn=nn.MSELoss(), train=DataLoader(TensorDataset(*noisy_returns(12000, seed)), 64, shuffle=True),
                val=noisy_returns(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, step = setup["model"], 0
    for _epoch in range(2):
        for x, y in setup["train"]:
            model.train()
            loss = setup["loss_fn"](model(x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item(), **({"val_loss": error(setup)} if step % 25 == 0 else {}))
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"].eval()(x), y).item()
