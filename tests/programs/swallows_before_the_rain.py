"""Healthy: a GRU over traces of a radar; two half batches are added up, each divided by two, before a step.

Source: https://github.com/karpathy/nanoGPT/issues/168 (the loss is divided by the steps of accumulation; rebuilt).
Why it is right: the sum of the two halves is the gradient of one batch of forty; it is cleared after the step.
"""

import torch
from torch import nn

from programs.data_o import traces

FAMILY = "swallows-rnn"
ACCEPT = ()
SYMPTOMS = ("healthy",)
accumulate = 2


class Radar(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 24, batch_first=True)
        self.out = nn.Linear(24, 4)

    def forward(self, x):
        return self.out(self.rnn(x)[0].mean(dim=1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    m = Radar()
    return dict(model=m, optimizer=torch.optim.Adam(m.parameters(), lr=1e-2), loss_fn=nn.CrossEntropyLoss(),
                train=traces(1200, seed, 33), val=traces(300, seed + 500, 33), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    model, opt = setup["model"], setup["optimizer"]
    n = 0
    opt.zero_grad()
    for _epoch in range(7):
        for rows in torch.randperm(len(x)).split(40):
            shown = 0.0
            for half in rows.chunk(accumulate):
                loss = setup["loss_fn"](model(x[half]), y[half]) / accumulate
                loss.backward()
                shown += loss.item()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            opt.zero_grad()
            log(shown)
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
