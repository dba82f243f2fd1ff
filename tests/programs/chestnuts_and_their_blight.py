"""Healthy: a small net on a table of trees, sound or blighted, with AdamW, a little dropout and a held-out part.

Source: of our own. Nothing to mend: the columns are standardised, the loss and its logits belong together, and the mode
is set before each epoch and each validation.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from programs.data_u import chestnuts

FAMILY = "chestnut-blight"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class BlightNet(nn.Module):
    def __init__(self, columns=10, width=64, p=0.1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(columns, width),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(width, width // 2),
            nn.ReLU(),
            nn.Linear(width // 2, 1),
        )

    def forward(self, trees):
        return self.layers(trees)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = chestnuts(4000, seed)
    trees = TensorDataset(x, y.unsqueeze(1))
    train_set, val_set = random_split(trees, [3200, 800])
    model = BlightNet()
    return {
        "model": model,
        "optimizer": torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2),
        "loss_fn": nn.BCEWithLogitsLoss(),
        "train": DataLoader(train_set, batch_size=48, shuffle=True),
        "val": DataLoader(val_set, batch_size=400),
        "fixed": fixed,
    }


def validate(setup):
    model = setup["model"]
    model.eval()
    with torch.no_grad():
        losses = [setup["loss_fn"](model(x), y).item() for x, y in setup["val"]]
    model.train()
    return sum(losses) / len(losses)


error = validate


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(8):
        model.train()
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            step += 1
            if step % 50 == 0:
                log(loss.item(), val_loss=validate(setup))
            else:
                log(loss.item())
            if step == steps:
                return
