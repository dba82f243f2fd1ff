"""Bug: the heads of a net for several tasks stand in a plain dict, so that parameters() does not know them.

Source: https://github.com/pytorch/pytorch/issues/1053 (modules in a list are not registered; rebuilt with a dict).
Why it hurts: the trunk has to serve heads that stay as they were drawn; the loss falls a part of the way and stops.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import waves

FAMILY = "sensors-multitask"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("plateau", "slow")


class Sensors(Dataset):
    def __init__(self, n, seed):
        self.x, first = waves(n, seed)
        level = torch.tanh(self.x[:, 4] + self.x[:, 5])
        self.y = {"heat": 3 * first + 2, "flow": 4 * level - 3, "load": 2 * first * level}

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"x": self.x[i], **{name: column[i] for name, column in self.y.items()}}


class MultiTask(nn.Module):
    def __init__(self, tasks, fixed):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 64), nn.SiLU(), nn.Linear(64, 4))
        heads = {task: nn.Sequential(nn.SiLU(), nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1)) for task in tasks}
        self.heads = nn.ModuleDict(heads) if fixed else heads

    def forward(self, x):
        h = self.trunk(x)
        return {task: head(h).squeeze(-1) for task, head in self.heads.items()}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MultiTask(("heat", "flow", "load"), fixed)
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        loss_fn=None,
        train=DataLoader(Sensors(1600, seed), batch_size=40, shuffle=True),
        val=None,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for batch in setup["train"]:
            out = model(batch["x"])
            loss = sum(nn.functional.mse_loss(out[task], batch[task]) for task in out)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            step += 1
            if step == steps:
                return
