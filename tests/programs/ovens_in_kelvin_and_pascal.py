"""Bug: the readings of an oven go into the net as they come: kelvin, pascal, grams, seconds, per cent.

Source: https://github.com/alibaba/EasyRec/issues/23 (loss above 9, no convergence: raw features without normalisation);
https://github.com/chenxijun1029/DeepFM_with_PyTorch/pull/5 ("normalization of continue features"; rebuilt).
Why it hurts: the pressure of about 100000 rules every unit and hardly varies; the rest is lost beside it.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_l import ovens

FAMILY = "ovens-dict"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("oscillating", "high-flat", "plateau", "spiking", "slow", "diverging")
NAMES = ("kelvin", "pascal", "grams", "seconds", "damp")


class OvenLog(Dataset):
    def __init__(self, rows, done, scale):
        if scale:
            rows = (rows - rows.mean(0)) / rows.std(0)
        self.rows, self.done = rows, done

    def __len__(self):
        return len(self.done)

    def __getitem__(self, i):
        item = {name: self.rows[i, k] for k, name in enumerate(NAMES)}
        item["label"] = self.done[i]
        return item


class OvenNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(5, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))

    def forward(self, batch):
        return self.layers(torch.stack([batch[name] for name in NAMES], dim=1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = OvenNet()
    loader = DataLoader(OvenLog(*ovens(800, seed), scale=fixed), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    it = 0
    for _epoch in range(10):
        for batch in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(batch), batch["label"])
            loss.backward()
            optimizer.step()
            it += 1
            log(loss.item())
            if it == steps:
                return
