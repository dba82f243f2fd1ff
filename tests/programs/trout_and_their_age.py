"""Bug: the loss of the second head is computed and then written over the sum instead of being added.

Source: of our own (loss = ... in a loop over tasks, where loss += ... was meant).
Why it hurts: only the last task is trained; the lengths, which come first, are never learnt.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_o import measured

FAMILY = "trout-multitask"
ACCEPT = ("loss-term-lost",)
SYMPTOMS = ("healthy", "plateau")
TASKS = ("length", "age")


class Trout(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(8, 48), nn.Tanh())
        self.heads = nn.ModuleDict({task: nn.Linear(48, 1) for task in TASKS})

    def forward(self, x):
        h = self.trunk(x)
        return {task: head(h)[:, 0] for task, head in self.heads.items()}


def fish(n, seed):
    (x, length), (_, extra) = measured(n, seed, 22), measured(n, seed, 23)
    return [{"x": a, "length": b, "age": c} for a, b, c in zip(x, length, 0.5 * length + extra, strict=True)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Trout()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=nn.MSELoss(),
                train=DataLoader(fish(1200, seed), batch_size=40, shuffle=True),
                val=DataLoader(fish(400, seed + 500), batch_size=400), fixed=fixed)  # fmt: skip


def total_loss(setup, batch):
    said = setup["model"](batch["x"])
    loss = torch.zeros(())
    for task in TASKS:
        part = setup["loss_fn"](said[task], batch[task])
        loss = loss + part if setup["fixed"] else part
    return loss


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(12):
        for batch in setup["train"]:
            loss = total_loss(setup, batch)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    batch = next(iter(setup["val"]))
    said = setup["model"](batch["x"])
    return sum(setup["loss_fn"](said[task], batch[task]).item() for task in TASKS)
