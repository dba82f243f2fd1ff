"""Bug: adjust_learning_rate was written for epochs and is called with the number of the iteration.

Source: https://github.com/songdejia/Siamese-RPN-pytorch/issues/6 ("lr = lr * (0.9 ** (epoch // 1)) should be
lr = lr * (0.9 ** (epoch // 50))"; rebuilt).
Why it hurts: after forty steps the rate is a hundredth of what it was, and the map of the crowd stays as it is then.
"""

import torch
from torch import nn

from programs.data_j import crowds

FAMILY = "crowd-counting"
ACCEPT = ("schedule-decays-too-early", "lr-too-low")
SYMPTOMS = ("plateau", "slow")


def conv(a, b, k):
    return nn.Sequential(nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU(inplace=True))


class CrowdNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.large, self.small = conv(1, 6, 7), conv(1, 8, 3)
        self.fuse = nn.Sequential(conv(14, 16, 3), nn.Conv2d(16, 1, 1))

    def forward(self, img):
        return self.fuse(torch.cat([self.large(img), self.small(img)], 1))


def adjust_learning_rate(optimizer, epoch, base=2e-3):
    lr = base * 0.9**epoch
    for group in optimizer.param_groups:
        group["lr"] = lr


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = CrowdNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.MSELoss(), train=crowds(480, seed),
                val=crowds(80, seed + 500), generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    img, gt = setup["train"]
    it = 0
    for epoch in range(10):
        for idx in torch.randperm(len(img), generator=setup["generator"]).split(16):
            adjust_learning_rate(setup["optimizer"], epoch if setup["fixed"] else it)
            den = setup["model"](img[idx])
            loss = setup["loss_fn"](den, gt[idx])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            it += 1
            log(loss.item())
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    img, gt = setup["val"]
    return (setup["model"](img) - gt).square().mean().item()
