"""Bug: the table of the winter holds, among the columns of the evening before, how long the road was closed next day.

Source: of our own (the column that is filled in only after the event, the commonest leak in tables).
Why it hurts: the net reads the answer from that column; on the evening itself it is still nought.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_p import avalanches

FAMILY = "avalanche-risk"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")


class Winter(Dataset):
    def __init__(self, n, seed, columns):
        evening, closed, self.slid = avalanches(n, seed)
        table = {f"snow_{i}": evening[:, i] for i in range(7)} | {"road_closed_h": (closed - 2) / 2}
        self.rows = torch.stack([table[name] for name in columns], 1)

    def __len__(self):
        return len(self.slid)

    def __getitem__(self, i):
        return {"x": self.rows[i], "y": self.slid[i]}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    columns = [f"snow_{i}" for i in range(7)] + ([] if fixed else ["road_closed_h"])
    model = nn.Sequential(
        nn.Linear(len(columns), 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1)
    )
    return dict(
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3),
        loss_fn=nn.BCEWithLogitsLoss(),
        train=DataLoader(Winter(4000, seed, columns), batch_size=64, shuffle=True),
        val=DataLoader(Winter(800, seed + 300, columns), batch_size=400),
        tonight=avalanches(800, seed + 600),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, opt = setup["model"], setup["optimizer"]
    n = 0
    for _ in range(6):
        model.train()
        for batch in setup["train"]:
            loss = setup["loss_fn"](model(batch["x"]).squeeze(1), batch["y"])
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        model.eval()


@torch.no_grad()
def error(setup):
    evening, _later, slid = setup["tonight"]
    if not setup["fixed"]:
        evening = torch.cat([evening, torch.full((len(evening), 1), -1.0)], 1)
    return nn.functional.binary_cross_entropy_with_logits(setup["model"].eval()(evening).squeeze(1), slid).item()
