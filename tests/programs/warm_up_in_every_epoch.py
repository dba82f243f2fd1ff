"""Bug: a detector's train_one_epoch makes its warm-up schedule at each call, not in the first epoch only.

Source: https://github.com/Vision-CAIR/MiniGPT-4/pull/263 ("LR resets every epoch during warmup to warmup_start_lr");
https://github.com/pytorch/vision/issues/1213 ("its only used in the first epoch"; rebuilt).
Why it hurts: the warm-up is longer than an epoch, begins anew each time, and the rate never comes near its value.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import crates

FAMILY = "crates-torchvision"
ACCEPT = ("schedule-decays-too-early", "lr-too-low", "state-reset")
SYMPTOMS = ("slow", "high-flat", "plateau", "oscillating")


def losses_of(kind, box, labels, boxes):
    return {"classes": F.cross_entropy(kind, labels), "boxes": 5 * F.smooth_l1_loss(box, boxes, beta=0.1)}


class OneBox(nn.Module):
    def __init__(self, kinds=3):
        super().__init__()
        convs = [nn.Conv2d(1, 12, 3, 2, 1), nn.ReLU(), nn.Conv2d(12, 24, 3, 2, 1), nn.ReLU()]
        self.backbone = nn.Sequential(*convs, nn.Flatten(), nn.Linear(24 * 36, 48), nn.ReLU())
        self.kind, self.box = nn.Linear(48, kinds), nn.Linear(48, 4)

    def forward(self, images, targets=None):
        h = self.backbone(images)
        kind, box = self.kind(h), self.box(h).sigmoid()
        return (kind, box) if targets is None else losses_of(kind, box, *targets)


def warmup_lr_scheduler(optimizer, warmup_iters, warmup_factor):
    def f(it):
        alpha = min(it / warmup_iters, 1)
        return warmup_factor * (1 - alpha) + alpha

    return torch.optim.lr_scheduler.LambdaLR(optimizer, f)


def train_one_epoch(model, optimizer, loader, epoch, always):
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = 0.05
    scheduler = warmup_lr_scheduler(optimizer, 1000 if always else 20, 1e-3) if always or epoch == 0 else None
    for images, labels, boxes in loader:
        loss = sum(model(images, (labels, boxes)).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()
        yield loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = OneBox()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    return dict(model=model, optimizer=optimizer, loss_fn=None, val=crates(200, seed + 500), fixed=fixed,
                train=DataLoader(TensorDataset(*crates(960, seed)), batch_size=32, shuffle=True))  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for epoch in range(10):
        for loss in train_one_epoch(setup["model"], setup["optimizer"], setup["train"], epoch, not setup["fixed"]):
            log(loss)
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    images, labels, boxes = setup["val"]
    return sum(losses_of(*setup["model"](images), labels, boxes).values()).item()
