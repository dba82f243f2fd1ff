"""Healthy: a mixture of eight experts, of which each row uses two; a small loss keeps all of them at work.

Source: https://arxiv.org/abs/2101.03961 (the balance loss; its least value is 1, times its factor; no thread).
Why it looks ill: some experts get no gradient for some steps, and the balance loss stands near its floor.
"""

import torch
from torch import nn

from programs.data_a import waves

FAMILY = "sparse-experts"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Experts(nn.Module):
    def __init__(self, dim, hidden=16, experts=8, top=2):
        super().__init__()
        self.router = nn.Linear(dim, experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim)) for _ in range(experts)
        )
        self.top = top

    def forward(self, x):
        share = self.router(x).softmax(-1)
        weight, chosen = share.topk(self.top, dim=-1)
        weight = weight / weight.sum(-1, keepdim=True)
        out = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            row, slot = (chosen == i).nonzero(as_tuple=True)
            if len(row):
                out = out.index_add(0, row, weight[row, slot, None] * expert(x[row]))
        load = torch.nn.functional.one_hot(chosen[:, 0], len(self.experts)).float().mean(0)
        return out, len(self.experts) * (load * share.mean(0)).sum()


class Net(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.inp, self.moe, self.out = nn.Linear(6, dim), Experts(dim), nn.Linear(dim, 1)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        h = torch.nn.functional.gelu(self.inp(x))
        mixed, balance = self.moe(self.norm(h))
        return self.out(h + mixed).squeeze(-1), balance


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=8e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, total_steps=220, pct_start=0.2)
    return dict(model=model, optimizer=optimizer, schedule=schedule, loss_fn=nn.MSELoss(), train=waves(4000, seed),
                val=waves(500, seed + 9), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, schedule = setup["model"], setup["optimizer"], setup["schedule"]
    x, y = setup["train"]
    for _ in range(min(steps or 220, 220)):
        rows = torch.randint(len(x), (64,))
        guess, balance = model(x[rows])
        loss = setup["loss_fn"](guess, y[rows]) + 0.01 * balance
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        log(loss.item())
