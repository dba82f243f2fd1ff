"""Bug: a CNN that reads a gauge is trained by RMSprop with lr=0.05, the rate of the SGD script that it came from.

Source: https://github.com/guillaumegenthial/sequence_tagging/issues/47 (well at 0.001; "lr = 0.01 or 0.1 , the train
loss decrease first and then increase"; rebuilt with pictures).
Why it hurts: RMSprop moves every weight by about its rate; the first steps throw the net away, and its ReLUs die.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import dials

FAMILY = "gauge-dials"
ACCEPT = ("lr-too-high", "dead-relu")
SYMPTOMS = ("high-flat", "plateau", "spiking", "oscillating", "diverging")


class NeedleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.head(self.features(x)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NeedleNet()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3 if fixed else 0.05)
    tr = DataLoader(TensorDataset(*dials(1200, seed)), batch_size=48, shuffle=True)
    va = DataLoader(TensorDataset(*dials(300, seed + 500)), batch_size=100)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.L1Loss(), train=tr, val=va, fixed=fixed, history=[])


def evaluate(model, loader, loss_fn):
    model.eval()
    with torch.no_grad():
        losses = [loss_fn(model(image), reading).item() for image, reading in loader]
    model.train()
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    model, optimizer, l1 = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(10):
        for image, reading in setup["train"]:
            optimizer.zero_grad()
            output = model(image)
            loss = l1(output, reading)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["history"].append(evaluate(model, setup["val"], l1))


def error(setup):
    return evaluate(setup["model"], setup["val"], setup["loss_fn"])
