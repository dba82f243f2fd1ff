"""Bug: one part in forty is faulty, and the loss counts every part alike.

Source: https://github.com/abhuse/polyloss-pytorch/issues/5 (all predictions turn out to be the majority class;
rebuilt). Why it hurts: "all parts are good" is right in 97 cases of 100; the loss comes down to the entropy of that
and stays there for long.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import waves

FAMILY = "parts-table"
ACCEPT = ("class-imbalance",)
SYMPTOMS = ("plateau", "healthy")


def parts(n, seed):
    """Measurements of parts; those are faulty whose two first values are large together, with some chance in it."""
    x, y = waves(n, seed, noise=0.3)
    score = x[:, 0] * x[:, 1] + 0.3 * y
    return x, (score > 2.2).float()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.out = nn.Linear(6, 32), nn.Linear(32, 32), nn.Linear(32, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        x = self.drop(torch.relu(self.fc1(x)))
        return self.out(torch.relu(self.fc2(x))).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = parts(3000, seed)
    weight = (1 - y.mean()) / y.mean()
    model = Net()
    opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    setup = dict(
        model=model, optimizer=opt, fixed=fixed, loss_fn=nn.BCEWithLogitsLoss(pos_weight=weight if fixed else None)
    )
    setup["train"] = DataLoader(TensorDataset(x, y), batch_size=50, shuffle=True)
    return setup | {"val": DataLoader(TensorDataset(*parts(2000, seed + 1)), batch_size=500)}


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The mean of the share of faults that are missed and of good parts that are thrown away."""
    model = setup["model"].eval()
    found, truth = map(torch.cat, zip(*((model(x) > 0, y > 0) for x, y in setup["val"]), strict=True))
    return float((~found[truth]).float().mean() + found[~truth].float().mean()) / 2
