"""Bug: AdamW(params, 4e-3, (0.9, 0.999), 0.1): the fourth is not the weight decay but epsilon.

Source: of our own; that the order is easily got wrong shows https://github.com/chainer/chainer/pull/7137 ("the order
of `eps`, `weight_decay_rate`, and `eta` that is inconsistent with other Adam optimizers").
Why it hurts: the gradients of the embeddings are far below 0.1; divided by it, they give steps of almost nothing.
"""

import torch
from torch import nn

from programs.data_s import hauls

FAMILY = "fisheries-hauls"
ACCEPT = ("adam-eps", "lr-too-low")
SYMPTOMS = ("slow", "plateau", "high-flat")


class CatchModel(nn.Module):
    def __init__(self, vessels=60, areas=25, dim=8):
        super().__init__()
        self.vessel, self.area = nn.Embedding(vessels, dim), nn.Embedding(areas, dim)
        self.mlp = nn.Sequential(nn.Linear(2 * dim + 4, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, haul):
        parts = [self.vessel(haul["vessel"]), self.area(haul["area"]), haul["sea"]]
        return self.mlp(torch.cat(parts, dim=1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CatchModel()
    if fixed:
        optimizer = torch.optim.AdamW(model.parameters(), 4e-3, (0.9, 0.999), 1e-8, 0.1)
    else:
        optimizer = torch.optim.AdamW(model.parameters(), 4e-3, (0.9, 0.999), 0.1)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.SmoothL1Loss(), train=hauls(2400, seed),
                val=hauls(400, seed + 500), fixed=fixed)  # fmt: skip


def take(table, rows):
    return {column: values[rows] for column, values in table.items()}


def train(setup, log, steps=None):
    table, model, optimizer, criterion = setup["train"], setup["model"], setup["optimizer"], setup["loss_fn"]
    size, left = 48, steps or 400
    while left:
        order = torch.randperm(len(table["catch"]))
        for start in range(0, len(order), size):
            haul = take(table, order[start : start + size])
            loss = criterion(model(haul), haul["catch"])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            log(loss.item(), **({"val_loss": error(setup)} if left % 100 == 1 else {}))
            left -= 1
            if not left:
                break


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]["catch"]).item()
