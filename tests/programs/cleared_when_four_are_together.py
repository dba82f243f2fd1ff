"""Bug: a U-Net with accumulation; after four batches the gradients are cleared, and then the step is taken.

Source: https://github.com/huggingface/accelerate/issues/1299 (zero_grad at a wrong place loses the gradients).
Why it hurts: step() finds no gradient and moves nothing; the loss stays where it began.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import shapes

FAMILY = "accumulated-segmenter"
ACCEPT = ("gradients-cleared-early",)
SYMPTOMS = ("high-flat",)
ACCUMULATION_STEPS = 4


class SmallUNet(nn.Module):
    def __init__(self, width=6, classes=3):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU())
        self.down2 = nn.Sequential(nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU())
        self.middle = nn.Sequential(nn.Conv2d(2 * width, 2 * width, 3, padding=1), nn.ReLU())
        self.up = nn.Sequential(nn.Conv2d(4 * width, width, 3, padding=1), nn.ReLU())
        self.out = nn.Conv2d(2 * width, classes, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = F.interpolate(self.middle(F.max_pool2d(b, 2)), scale_factor=2)
        d = F.interpolate(self.up(torch.cat([b, c], 1)), scale_factor=2)
        return self.out(torch.cat([a, d], 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    images, masks, _ = shapes(640, seed, size=16)
    model = SmallUNet()
    loader = DataLoader(TensorDataset(images, masks), batch_size=8, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    done = 0
    model.train()
    for _ in range(3):
        for i, (image, mask) in enumerate(setup["train"]):
            loss = criterion(model(image), mask)
            (loss / ACCUMULATION_STEPS).backward()
            if (i + 1) % ACCUMULATION_STEPS == 0:
                if setup["fixed"]:
                    optimizer.step()
                    optimizer.zero_grad()
                else:
                    optimizer.zero_grad()
                    optimizer.step()
            log(loss.item())
            done += 1
            if done == steps:
                return
