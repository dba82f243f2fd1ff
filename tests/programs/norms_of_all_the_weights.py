"""Bug: a penalty written by hand, the norms of all parameters with the factor 0.1, is added to the loss.

Source: https://discuss.pytorch.org/t/7951 (the penalty written in this way, with a factor of 1).
Why it hurts: six norms of 1 to 10 weigh more than the fit; the net is pressed towards zero.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_c import bikes

FAMILY = "hand-written-penalty"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("plateau", "high-flat")
REG_LAMBDA = 0.1


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(24 + 7 + 4 + 2, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x).squeeze(1)


def table(n, seed):
    kinds, weather, count = bikes(n, seed)
    hot = [nn.functional.one_hot(kinds[:, i], size).float() for i, size in enumerate((24, 7, 4))]
    weather = (weather - torch.tensor([12.0, 10.0])) / torch.tensor([9.0, 6.0])
    return torch.cat([*hot, weather], 1), (count - 120) / 110


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    loader = DataLoader(TensorDataset(*table(3000, seed)), batch_size=64, shuffle=True)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.MSELoss(), train=loader, val=None, fixed=fixed,
                reg_lambda=1e-4 if fixed else REG_LAMBDA)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer = setup["model"], setup["optimizer"]
    seen = 0
    for _ in range(4):
        for x, y in setup["train"]:
            l2_reg = torch.tensor(0.0)
            for w in net.parameters():
                l2_reg = l2_reg + w.norm(2)
            loss = setup["loss_fn"](net(x), y) + setup["reg_lambda"] * l2_reg
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            seen += 1
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = table(500, 99)
    return float(((setup["model"](x) - y) ** 2).mean())
