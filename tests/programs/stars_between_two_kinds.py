"""Healthy: mixup of the rows of a table, with one cycle of the rate.

Source: https://github.com/winycg/HCGNet/issues/2 ("Why test accuracy reaches high as 90% while the train accuracy is
about 50%?": "mixup and label smooth"; rebuilt for kinds of stars).
Why it looks ill: the training loss stays far above that of the validation, and noisy.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import stars

FAMILY = "stars-mixup"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "oscillating")


class MixingCollator:
    def __init__(self, alpha=0.8):
        self.beta = torch.distributions.Beta(alpha, alpha)

    def __call__(self, rows):
        x, y = torch.stack([row for row, _ in rows]), torch.stack([kind for _, kind in rows])
        y = nn.functional.one_hot(y, 5).float()
        share, other = self.beta.sample(), torch.randperm(len(x))
        return share * x + (1 - share) * x[other], share * y + (1 - share) * y[other]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                          nn.Linear(64, 5))  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(*stars(1200, seed)), batch_size=40, shuffle=True, collate_fn=MixingCollator())
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=10 * len(loader))
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, cycle=cycle,
                val=stars(300, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def validate(setup):
    x, y = setup["val"]
    setup["model"].eval()
    out = setup["model"](x)
    setup["model"].train()
    return setup["loss_fn"](out, y).item(), (out.argmax(1) != y).float().mean().item()


def train(setup, log, steps=None):
    n, last = 0, len(setup["train"])
    setup["model"].train()
    for _epoch in range(10):
        for i, (x, y) in enumerate(setup["train"], start=1):
            loss = setup["loss_fn"](setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            setup["cycle"].step()
            n += 1
            if i == last:
                log(loss.item(), val_loss=validate(setup)[0])
            else:
                log(loss.item())
            if n == steps:
                return


def error(setup):
    return validate(setup)[1]
