"""Healthy: a segmenter learns from the hardest eighth of the pixels of a batch only (OHEM); its loss hardly falls.

Source: https://arxiv.org/abs/1604.03540 (for pixels as in the bootstrapped loss of segmenters; rebuilt).
Nothing to mend: the loss is the mean of what is worst at that moment; the masks get good all the same.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import scans

FAMILY = "lungs-ohem"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class HardestPixels(nn.Module):
    def __init__(self, share=1 / 8):
        super().__init__()
        self.share = share

    def forward(self, logits, mask):
        each = nn.functional.binary_cross_entropy_with_logits(logits, mask, reduction="none").flatten()
        return each.topk(int(self.share * each.numel())).values.mean()


class Segmenter(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.GroupNorm(3, width), nn.SiLU())
        self.deep = nn.Sequential(
            nn.AvgPool2d(2), nn.Conv2d(width, 2 * width, 3, padding=1), nn.GroupNorm(3, 2 * width), nn.SiLU(),
            nn.ConvTranspose2d(2 * width, width, 2, stride=2),
        )  # fmt: skip
        self.out = nn.Conv2d(2 * width, 1, 3, padding=1)

    def forward(self, x):
        h = self.down(x)
        return self.out(torch.cat([h, self.deep(h)], 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Segmenter()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3), loss_fn=HardestPixels(),
                train=DataLoader(TensorDataset(*scans(480, seed)), batch_size=24, shuffle=True),
                val=scans(120, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for image, mask in setup["train"]:
            optimizer.zero_grad(set_to_none=True)
            loss = setup["loss_fn"](model(image), mask)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the intersection over union."""
    image, mask = setup["val"]
    found, mask = setup["model"](image) > 0, mask > 0
    return 1 - ((found & mask).sum() / (found | mask).sum()).item()
