"""Healthy: cells are segmented with cross entropy plus Dice; a model that returns a dict, a loader that gives dicts.

Source: no thread; the sum of the two is usual in segmentation. Why it looks ill: it does not, but that the loss begins
near 1.6 and that a Dice term moves little while all is called background.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_i import nuclei

FAMILY = "nuclei-dice"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class CellData(Dataset):
    def __init__(self, n, seed):
        self.image, self.mask = nuclei(n, seed)

    def __len__(self):
        return len(self.image)

    def __getitem__(self, i):
        image, mask = self.image[i], self.mask[i]
        if torch.rand(1) < 0.5:
            image, mask = image.flip(-1), mask.flip(-1)
        return {"pixel_values": image, "labels": mask}


class Segmenter(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.GroupNorm(4, width), nn.ReLU(),
                                     nn.Conv2d(width, width, 3, padding=2, dilation=2), nn.GroupNorm(4, width),
                                     nn.ReLU())  # fmt: skip
        self.decoder = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, pixel_values, labels=None):
        logits = self.decoder(self.encoder(pixel_values))
        return {"logits": logits, "loss": None if labels is None else bce_dice(logits, labels)}


def bce_dice(logits, labels):
    p = logits.sigmoid()
    shared, both = (p * labels).sum((1, 2, 3)), (p + labels).sum((1, 2, 3))
    dice = 1 - (2 * shared + 1) / (both + 1)
    return nn.functional.binary_cross_entropy_with_logits(logits, labels) + dice.mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Segmenter()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3), loss_fn=None,
                train=DataLoader(CellData(480, seed), batch_size=16, shuffle=True), val=None,
                test=nuclei(100, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _epoch in range(6):
        model.train()
        for batch in setup["train"]:
            loss = model(**batch)["loss"]
            loss.backward()
            setup["optimizer"].step()
            setup["optimizer"].zero_grad()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    image, mask = setup["test"]
    return ((setup["model"].eval()(image)["logits"] > 0).float() != mask).float().mean().item()
