"""Healthy: in the first thirty steps nearly nothing happens: the rate rises from nothing in 100 steps.

Source: of our own, after the usual recipe of transformers (a linear warm-up, then down to nothing).
Why it is right: the schedule is made for it, and the loss falls well when the rate is there.
"""

import torch
from torch import nn

from programs.data_o import traces

FAMILY = "gulls-transformer"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow")
WARMUP, TOTAL, PEAK = 100, 300, 4e-3


def rate(step):
    return (step + 1) ** 2 / WARMUP**2 if step < WARMUP else (TOTAL - step) / (TOTAL - WARMUP)


class TraceTransformer(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.embed = nn.Conv1d(3, d, 5, padding=2)
        self.layer = nn.TransformerEncoderLayer(d, 4, 48, dropout=0.0, batch_first=True, norm_first=True)
        self.head = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 4))

    def forward(self, x):
        return self.head(self.layer(self.embed(x.transpose(1, 2)).transpose(1, 2)).mean(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TraceTransformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=traces(1600, seed, 37),
                scheduler=torch.optim.lr_scheduler.LambdaLR(optimizer, rate), val=traces(300, seed + 500, 37),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for step in range(TOTAL):
        ids = torch.randint(len(x), (32,))
        loss = setup["loss_fn"](setup["model"](x[ids]), y[ids])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        setup["scheduler"].step()
        log(loss.item())
        if step + 1 == steps:
            break


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
