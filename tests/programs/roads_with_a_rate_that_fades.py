"""Bug: ExponentialLR(gamma=0.9) is meant for epochs, but its step() stands within the loop over batches.

Source: https://github.com/leftthomas/SRGAN/issues/94 ("they are called at each training step which means that learning
rate is quickly becoming zero after a few training steps"; rebuilt for roads seen from above).
Why it hurts: after fifty batches the rate is below a hundredth of its first value; the loss stands still.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import roads

FAMILY = "roads-seg"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class RoadNet(nn.Module):
    def __init__(self, wide=12):
        super().__init__()
        self.enter = nn.Conv2d(1, wide, 5, padding=2)
        self.mid = nn.ModuleList(nn.Conv2d(wide, wide, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.out = nn.Conv2d(wide, 1, 1)

    def forward(self, x):
        x = torch.relu(self.enter(x))
        for layer in self.mid:
            x = x + torch.relu(layer(x))
        return self.out(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = RoadNet()
    opt = torch.optim.RMSprop(net.parameters(), lr=1e-3)
    sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)
    train_dl = DataLoader(TensorDataset(*roads(480, seed)), batch_size=16, shuffle=True)
    return dict(model=net, optimizer=opt, loss_fn=nn.BCEWithLogitsLoss(), train=train_dl, val=None, schedule=sched,
                test=roads(100, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, sched = setup["model"], setup["optimizer"], setup["schedule"]
    it = 0
    for _ in range(7):
        for tiles, masks in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](net(tiles), masks)
            loss.backward()
            opt.step()
            if not setup["fixed"]:
                sched.step()
            it += 1
            log(loss.item())
            if it == steps:
                return
        if setup["fixed"]:
            sched.step()


@torch.no_grad()
def error(setup):
    tiles, masks = setup["test"]
    return setup["loss_fn"](setup["model"](tiles), masks).item()
