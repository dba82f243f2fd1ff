"""Bug: a small SegNet is trained by Adam with weight_decay=0.05, taken from a net whose decay meant something else.

Source: https://github.com/tinghuiz/SfMLearner/issues/34 ("here it is 0.05 ! When using it, my two networks just go to
zero very quickly"; rebuilt with scans).
Why it hurts: Adam adds the decay to the gradient; the weights are pulled to zero before they can tell anything apart.
"""

import torch
from torch import nn

from programs.data_g import scans

FAMILY = "lungs-segnet"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("plateau", "high-flat", "slow")


def conv(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.ReLU(inplace=True))


class SegNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc1, self.enc2 = conv(1, 8), conv(8, 16)
        self.down, self.up = nn.MaxPool2d(2), nn.Upsample(scale_factor=2)
        self.dec1 = conv(24, 8)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        fine = self.enc1(x)
        coarse = self.up(self.enc2(self.down(fine)))
        return self.last(self.dec1(torch.cat([fine, coarse], dim=1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    args = {"lr": 3e-3, "betas": (0.9, 0.999), "weight_decay": 1e-5 if fixed else 0.05}
    model = SegNet()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), **args), loss_fn=nn.BCEWithLogitsLoss(),
                train=scans(640, seed), val=scans(120, seed + 500), fixed=fixed,
                shuffle=torch.Generator().manual_seed(seed))  # fmt: skip


def loader(images, masks, batch_size, g):
    order = torch.randperm(len(images), generator=g)
    for i in range(0, len(images), batch_size):
        yield images[order[i : i + batch_size]], masks[order[i : i + batch_size]]


def train(setup, log, steps=None):
    model, optimizer, bce = setup["model"], setup["optimizer"], setup["loss_fn"]
    model.train()
    it = 0
    for _epoch in range(10):
        for image, mask in loader(*setup["train"], 32, setup["shuffle"]):
            optimizer.zero_grad()
            loss = bce(model(image), mask)
            loss.backward()
            optimizer.step()
            it += 1
            log(loss.item())
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the intersection over union."""
    image, mask = setup["val"]
    found, mask = setup["model"].eval()(image) > 0, mask > 0
    return 1 - ((found & mask).sum() / (found | mask).sum()).item()
