"""Healthy: the gradients of four batches are added up before each step.

Source: https://discuss.pytorch.org/t/2522 (how to implement accumulated gradients, as in Caffe's iter_size). Nothing
to mend: the missing zero_grad() is meant, and each loss is divided by four.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import houses

FAMILY = "houses-accumulation"
ACCEPT = ()
SYMPTOMS = ("healthy",)
ACCUMULATE = 4


def load(n, seed):
    x, price = houses(n, seed)
    y = price.log()
    return TensorDataset((x - x.mean(0)) / x.std(0), ((y - y.mean()) / y.std()).unsqueeze(1))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.fc = nn.LayerNorm(width), nn.Linear(width, width)

    def forward(self, h):
        return h + torch.nn.functional.gelu(self.fc(self.norm(h)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(5, 48), Block(48), Block(48), nn.LayerNorm(48), nn.Linear(48, 1))
    opt = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-2)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), fixed=fixed)
    setup["train"] = DataLoader(load(1600, seed), batch_size=16, shuffle=True)
    setup["val"] = DataLoader(load(320, seed + 2), batch_size=160)
    return setup


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    opt.zero_grad()
    for _epoch in range(6):
        total = 0.0
        for i, (x, y) in enumerate(setup["train"], start=1):
            loss = setup["loss_fn"](model(x), y) / ACCUMULATE
            loss.backward()
            total += loss.item()
            if i % ACCUMULATE == 0:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                opt.step()
                opt.zero_grad()
                n += 1
                log(total)
                total = 0.0
                if n == steps:
                    return
