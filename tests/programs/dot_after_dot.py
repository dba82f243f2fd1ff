"""Healthy: a net that tells each dot from the dots before it, by masks on its weights; the loss is a sum of 25 dots.

Source: Germain et al. 2015, https://arxiv.org/abs/1502.03509 (MADE; rebuilt for signs of five by five dots).
Why it looks ill: it begins at 25 times the logarithm of 2 and stops far above 0, at what chance leaves open.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_k import dots

FAMILY = "letters-made"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class MaskedLinear(nn.Linear):
    def __init__(self, inputs, outputs, rank_in, rank_out, strict):
        super().__init__(inputs, outputs)
        allowed = rank_out[:, None] > rank_in if strict else rank_out[:, None] >= rank_in
        self.register_buffer("mask", allowed.float())

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


def made(dims=25, hidden=96):
    dot, unit = torch.arange(dims), torch.arange(hidden) % (dims - 1)
    return nn.Sequential(MaskedLinear(dims, hidden, dot, unit, strict=False), nn.ReLU(),
                         MaskedLinear(hidden, hidden, unit, unit, strict=False), nn.ReLU(),
                         MaskedLinear(hidden, dims, unit, dot, strict=True))  # fmt: skip


def nats(model, x):
    return F.binary_cross_entropy_with_logits(model(x), x, reduction="none").sum(1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = made()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nats,
                train=DataLoader(dots(2000, seed), batch_size=50, shuffle=True), val=None,
                test=dots(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(7):
        for x in setup["train"]:
            loss = setup["loss_fn"](setup["model"], x)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return nats(setup["model"], setup["test"]).item()
