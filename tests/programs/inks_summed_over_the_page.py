"""Bug: MSELoss(reduction="sum") over a batch of pages, at a rate chosen for the mean.

Source: https://github.com/ai-safety-foundation/sparse_autoencoder/issues/63 ("you don't want loss magnitude to depend
on batch size"); https://github.com/ShusenTang/Dive-into-DL-PyTorch/issues/75 (divide by the batch once; rebuilt).
Why it hurts: the gradient is four thousand times as large as meant; the first steps throw the net away.
"""

import torch
from torch import nn

from programs.data_l import inks

FAMILY = "inks-unet"
ACCEPT = ("sum-reduction", "lr-too-high")
SYMPTOMS = ("non-finite", "diverging", "oscillating", "high-flat", "plateau", "spiking")


class UNet(nn.Module):
    def __init__(self, c=10):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, c, 3, padding=1), nn.LeakyReLU(0.1))
        self.down2 = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(c, 2 * c, 3, padding=1), nn.LeakyReLU(0.1))
        self.up = nn.Upsample(scale_factor=2)
        self.out = nn.Sequential(nn.Conv2d(3 * c, c, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(c, 1, 1))

    def forward(self, page):
        a = self.down1(page)
        b = self.down2(a)
        return self.out(torch.cat([a, self.up(b)], dim=1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = UNet()
    criterion = nn.MSELoss(reduction="mean" if fixed else "sum")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    return dict(model=net, optimizer=optimizer, loss_fn=criterion, train=inks(480, seed), val=inks(60, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    dirty, clean = setup["train"]
    count = 0
    for _epoch in range(8):
        shuffled = torch.randperm(len(dirty))
        for rows in shuffled.chunk(30):
            restored = setup["model"](dirty[rows])
            loss = setup["loss_fn"](restored, clean[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            count += 1
            log(loss.item())
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    dirty, clean = setup["val"]
    return (setup["model"](dirty) - clean).square().mean().item()
