"""Bug: the loop asks for next(iter(loader)) at every step, and the loader does not shuffle.

Source: https://github.com/ZhaoJ9014/face.evoLVe/pull/39 ("It will always iter the first batch if we do like this");
https://github.com/wandb/examples/issues/444 (rebuilt).
Why it hurts: the same forty cars are learned by heart; the others are never seen.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import cars

FAMILY = "cars-price-mlp"
ACCEPT = ("same-batch-repeated", "overfitting")
SYMPTOMS = ("too-good", "overfitting", "healthy")


class PriceNet(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.last = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.last(self.layers(x))[:, 0]


def tables(seed):
    x, price = cars(1600, seed)
    x, y = (x - x.mean(0)) / x.std(0), (price - price.mean()) / price.std()
    return TensorDataset(x[:1200], y[:1200]), (x[1200:], y[1200:])


def endless(loader):
    while True:
        yield from loader


def build(seed, fixed=False):
    torch.manual_seed(seed)
    data, val = tables(seed)
    model = PriceNet()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(data, batch_size=40), val=val, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    stream = endless(setup["train"])
    for step in range(1, (300 if steps is None else steps) + 1):
        x, y = next(stream) if setup["fixed"] else next(iter(setup["train"]))
        loss = setup["loss_fn"](setup["model"](x), y)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item(), **({"val_loss": error(setup)} if step % 20 == 0 else {}))


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
