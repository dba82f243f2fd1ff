"""Healthy: the Lookahead optimizer; after five steps of the fast weights all go half the way back.

Source: https://github.com/lessw2020/Ranger-Deep-Learning-Optimizer/issues/24 (fast weights "before synchronization"
and slow ones; rebuilt). Why it looks ill: the weights jump every five steps, by nobody's gradient.
"""

import torch
from torch import nn

from programs.data_m import meter_readings

FAMILY = "readings-lookahead"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "oscillating", "spiking", "plateau")


class Lookahead:
    def __init__(self, inner, k=5, alpha=0.5):
        self.inner, self.k, self.alpha, self.count = inner, k, alpha, 0
        self.params = [p for group in inner.param_groups for p in group["params"]]
        self.slow = [p.detach().clone() for p in self.params]

    def zero_grad(self):
        self.inner.zero_grad()

    @torch.no_grad()
    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.k == 0:
            for slow, fast in zip(self.slow, self.params, strict=True):
                slow += self.alpha * (fast - slow)
                fast.copy_(slow)


class DilatedNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.enter = nn.Conv1d(1, width, 3)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=d) for d in (2, 4))
        self.leave = nn.Linear(width * 10, 1)

    def forward(self, readings):
        h = torch.relu(self.enter(readings.transpose(1, 2)))
        for layer in self.layers:
            h = torch.relu(layer(h))
        return self.leave(h.flatten(1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = DilatedNet()
    inner = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
    return dict(model=net, optimizer=inner, lookahead=Lookahead(inner), loss_fn=nn.MSELoss(),
                train=meter_readings(1280, seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    readings, following = setup["train"]
    n = 0
    for _epoch in range(9):
        for rows in torch.randperm(len(readings)).split(32):
            setup["lookahead"].zero_grad()
            loss = setup["loss_fn"](setup["model"](readings[rows]), following[rows])
            loss.backward()
            setup["lookahead"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return
