"""Healthy: an encoder and decoder that mark the smoke in pictures of a sky; one cycle of the rate, clipped gradients.

Source: of our own.
Why it is right: the loss falls fast, then slowly; the overlap with the drawn masks is high on pictures not seen.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_t import plumes

FAMILY = "smoke-segments"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class SkyDataset(Dataset):
    def __init__(self, n, seed):
        self.images, self.masks = plumes(n, seed)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, idx):
        return {"image": self.images[idx], "mask": self.masks[idx]}


class SmokeNet(nn.Module):
    def __init__(self, ch=12):
        super().__init__()
        self.enc1 = nn.Sequential(nn.Conv2d(3, ch, 3, padding=1), nn.GroupNorm(3, ch), nn.ReLU())
        self.enc2 = nn.Sequential(nn.Conv2d(ch, ch, 3, stride=2, padding=1), nn.GroupNorm(3, ch), nn.ReLU())
        self.mid = nn.Sequential(nn.Conv2d(ch, ch, 3, padding=2, dilation=2), nn.ReLU())
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.head = nn.Conv2d(2 * ch, 1, 3, padding=1)

    def forward(self, x):
        a = self.enc1(x)
        b = self.mid(self.enc2(a))
        return self.head(torch.cat([a, self.up(b)], dim=1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = SmokeNet()
    loader = DataLoader(SkyDataset(640, seed), batch_size=20, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters())
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=6 * len(loader))
    return dict(model=net, optimizer=optimizer, scheduler=scheduler, loss_fn=nn.BCEWithLogitsLoss(), train=loader,
                val=DataLoader(SkyDataset(160, seed + 500), batch_size=80), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, k = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for batch in setup["train"]:
            loss = setup["loss_fn"](net(batch["image"]), batch["mask"])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            setup["scheduler"].step()
            k += 1
            log(loss.item())
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the Dice score."""
    both = sizes = 0.0
    for batch in setup["val"]:
        said = (setup["model"](batch["image"]) > 0).float()
        both += (said * batch["mask"]).sum().item()
        sizes += (said.sum() + batch["mask"].sum()).item()
    return 1 - 2 * both / sizes
