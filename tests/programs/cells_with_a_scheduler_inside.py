"""Bug: ExponentialLR, made for epochs with gamma=0.9, takes a step after each batch.

Source: https://github.com/ivadomed/ivadomed/pull/55 ("Scheduler was incorrectly stepped in the batch loop instead of in
the epoch loop"); https://github.com/pytorch/tutorials/pull/640 (rebuilt).
Why it hurts: after sixty batches the rate is a five-hundredth of the first one; nothing moves any more.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import nuclei

FAMILY = "nuclei-segmenter"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class Engine:
    def __init__(self, model, optimizer, scheduler, per_epoch):
        self.model, self.optimizer, self.scheduler, self.per_epoch = model, optimizer, scheduler, per_epoch
        self.steps = 0

    def train_step(self, image, mask):
        self.optimizer.zero_grad()
        out = self.model(image)
        loss = nn.functional.binary_cross_entropy_with_logits(out, mask)
        loss.backward()
        self.optimizer.step()
        if not self.per_epoch:
            self.scheduler.step()
        self.steps += 1
        return loss.item()

    def epoch_end(self):
        if self.per_epoch:
            self.scheduler.step()


def fcn(width=12):
    layers = [nn.Conv2d(1, width, 5, padding=2), nn.ReLU()]
    for _ in range(2):
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = fcn()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    engine = Engine(model, optimizer, ExponentialLR(optimizer, gamma=0.9), per_epoch=fixed)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), engine=engine, val=None, fixed=fixed,
                train=DataLoader(TensorDataset(*nuclei(480, seed)), 12, shuffle=True),
                test=nuclei(100, seed + 500))  # fmt: skip


def train(setup, log, steps=None):
    for _epoch in range(7):
        for batch in setup["train"]:
            log(setup["engine"].train_step(*batch))
            if setup["engine"].steps == steps:
                return
        setup["engine"].epoch_end()


@torch.no_grad()
def error(setup):
    image, mask = setup["test"]
    return setup["loss_fn"](setup["model"](image), mask).item()
