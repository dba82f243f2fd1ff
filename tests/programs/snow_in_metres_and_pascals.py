"""Bug: height in metres, pressure in pascals and the year go into a net of tanh as they stand in the table.

Source: https://github.com/jaredleekatzman/DeepSurv/issues/14 ("I recommend trying to normalize your features");
https://github.com/ageron/handson-ml3/pull/20 (rebuilt on a table of slopes of snow).
Why it hurts: 78000 pascals drive each tanh of the first layer to its end, and there it stays.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from programs.data_k import slopes

FAMILY = "avalanche-tanh"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("high-flat", "plateau", "slow", "oscillating")


class SlideNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(5, 32), nn.Linear(32, 32), nn.Linear(32, 1)

    def forward(self, x):
        h = torch.tanh(self.l1(x))
        h = torch.tanh(self.l2(h))
        return self.l3(h)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = slopes(2000, seed)
    if fixed:
        x = (x - x.mean(0)) / x.std(0)
    train_set, test_set = random_split(TensorDataset(x, y), [1500, 500])
    net = SlideNet()
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9),
                loss_fn=nn.BCEWithLogitsLoss(), train=DataLoader(train_set, batch_size=30, shuffle=True),
                val=DataLoader(test_set, batch_size=500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, bce = setup["model"], setup["optimizer"], setup["loss_fn"]
    it = 0
    for _ in range(8):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = bce(net(x), y)
            loss.backward()
            opt.step()
            log(loss.item())
            it += 1
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = next(iter(setup["val"]))
    return ((setup["model"](x) > 0).float() != y).float().mean().item()
