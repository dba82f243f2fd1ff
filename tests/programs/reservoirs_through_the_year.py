"""Healthy: a GRU says how high a reservoir will stand in a week; it predicts the change from today, in metres.

Source: of our own. Nothing to mend: rain and level are brought to one scale by numbers of the training part, the
gradient is clipped at a length that is seldom reached.
"""

import torch
from torch import nn

from programs.data_u import reservoirs

FAMILY = "reservoir-forecast"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Scaler:
    def fit(self, x):
        self.mean, self.std = x.mean(dim=(0, 1)), x.std(dim=(0, 1))
        return self

    def __call__(self, x):
        return (x - self.mean) / self.std


class LevelGRU(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(input_size=3, hidden_size=hidden, num_layers=1, batch_first=True)
        self.change = nn.Linear(hidden, 1)

    def forward(self, days):
        _, last = self.gru(days)
        return self.change(last[-1])[:, 0]


def batches(data, size):
    order = torch.randperm(len(data["days"]))
    for rows in order.split(size):
        yield {key: value[rows] for key, value in data.items()}


def make(n, seed, scaler=None):
    raw, later = reservoirs(n, seed)
    scaler = scaler or Scaler().fit(raw)
    return {"days": scaler(raw), "change": later - raw[:, -1, 1]}, scaler


def build(seed, fixed=False):
    torch.manual_seed(seed)
    data, scaler = make(1600, seed)
    held_out, _ = make(400, seed + 500, scaler)
    model = LevelGRU()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.SmoothL1Loss(beta=0.5), train=data, val=held_out,
                decay=torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]["days"]), setup["val"]["change"]).item()


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for batch in batches(setup["train"], 40):
            loss = setup["loss_fn"](model(batch["days"]), batch["change"])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=2.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["decay"].step()
