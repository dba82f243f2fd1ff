"""Bug: to save memory the whole net is cast to bfloat16, weights included, and trained at a small rate.

Source: https://github.com/pytorch/ao/pull/1124 ("if weight update is smaller than 1e-3 of the weight magnitude,
there will be no change to the weight"; rebuilt). Why it hurts: most updates are rounded away.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-bfloat"
ACCEPT = ("low-precision",)
SYMPTOMS = ("slow", "plateau")


class Classifier(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.up = nn.Linear(196, width)
        self.mix = nn.Linear(width, width)
        self.head = nn.Linear(width, 10)
        for layer in (self.up, self.mix, self.head):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        h = F.relu(self.up(x))
        h = h + F.relu(self.mix(h))
        return self.head(h)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    dtype = torch.float32 if fixed else torch.bfloat16
    model = Classifier().to(dtype)
    x, y = digits(960, seed)
    x = F.avg_pool2d((x - 0.13) / 0.31, 2).flatten(1).to(dtype)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4, weight_decay=0.05)
    batches = list(zip(x.split(32), y.split(32), strict=True))
    return dict(model=model, optimizer=optimizer, loss_fn=F.cross_entropy, train=batches, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _ in range(9):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](model(x).float(), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            n += 1
            log(loss.item())
            if n == steps:
                return
