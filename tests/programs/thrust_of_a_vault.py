"""Bug: the loop has a backward and a step for each batch, and no zero_grad anywhere.

Source: https://github.com/wenet-e2e/wekws/issues/72 ("optimizer.zero_grad() is not called [...] It's a bug");
https://github.com/pytorch/pytorch/issues/47175 ("an extremely nasty bug"; rebuilt).
Why it hurts: .grad is the sum since the beginning; the weights swing ever further.
"""

import torch
from torch import nn

from programs.data_r import vaults

FAMILY = "vaults-thrust"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("diverging", "oscillating", "non-finite")

names = ("thrust", "line", "load")


class Vault(nn.Module):
    """A trunk, and a head for each of three numbers."""

    def __init__(self, width=48):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.heads = nn.ModuleDict({name: nn.Linear(width, 1) for name in names})

    def forward(self, x):
        h = self.trunk(x)
        return {name: head(h).squeeze(1) for name, head in self.heads.items()}


def batches(n, seed, size=40):
    x, y = vaults(n, seed)
    for i in range(0, n, size):
        yield {"x": x[i : i + size], **{name: y[i : i + size, j] for j, name in enumerate(names)}}


def total(model, batch):
    said = model(batch["x"])
    return sum(nn.functional.mse_loss(said[name], batch[name]) for name in names) / len(names)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Vault()
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1), loss_fn=None,
                train=list(batches(1600, seed)), val=list(batches(400, seed + 500)), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    done = 0
    for _epoch in range(8):
        for i in torch.randperm(len(setup["train"])).tolist():
            if setup["fixed"]:
                optimizer.zero_grad()
            loss = total(model, setup["train"][i])
            loss.backward()
            optimizer.step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(total(setup["model"], batch).item() for batch in setup["val"]) / len(setup["val"])
