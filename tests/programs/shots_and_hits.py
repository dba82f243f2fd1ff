"""Bug: the share of hits is hits / shots, and a few players took no shot at all: 0 / 0.

Source: https://github.com/jaungiers/LSTM-Neural-Network-for-Time-Series-Prediction/issues/77 ("null values in any part
of your dataset can break the model, thus giving you nan losses"; rebuilt).
Why it hurts: the first batch with such a player makes the loss NaN, and then every weight.
"""

import torch
from torch import nn

from programs.data_l import players

FAMILY = "basket-shots"
ACCEPT = ("nonfinite-inputs", "undefined-operation")
SYMPTOMS = ("non-finite",)


def prepare(seed, drop):
    habits, shots, hits = players(1600, seed)
    rate = hits / shots
    if drop:
        kept = shots > 0
        habits, rate = habits[kept], rate[kept]
    return habits, rate


def batches(x, y, size, epochs):
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for start in range(0, len(x), size):
            rows = order[start : start + size]
            yield x[rows], y[rows]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.MSELoss(), train=prepare(seed, drop=fixed), val=None,
                scheduler=scheduler, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer = setup["model"], setup["optimizer"]
    for i, (x, y) in enumerate(batches(*setup["train"], 32, 8), start=1):
        loss = setup["loss_fn"](net(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        setup["scheduler"].step()
        log(loss.item())
        if i == steps:
            return
