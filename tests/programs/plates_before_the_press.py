"""Healthy: three faults that a printing plate may have, several at once, each with a sigmoid of its own.

Source: of our own. Why it is right: binary cross entropy with logits for labels that do not exclude each other.
"""

import torch
import torch.nn as nn

from programs.data_q import plates

FAMILY = "printing-plates"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class PlateInspector(nn.Module):
    faults = ("scratch", "blot", "worn")

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.AdaptiveMaxPool2d(2),
        )  # fmt: skip
        self.head = nn.Linear(96, len(self.faults))

    def forward(self, plate):
        return self.head(self.features(plate).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    inspector = PlateInspector()
    return dict(
        model=inspector,
        optimizer=torch.optim.SGD(inspector.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4),
        loss_fn=nn.BCEWithLogitsLoss(),
        train=plates(1200, seed),
        val=plates(300, seed + 500),
        fixed=fixed,
    )


def run_epoch(setup, rows):
    for batch in rows:
        loss = setup["loss_fn"](setup["model"](setup["train"][0][batch]), setup["train"][1][batch])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        yield loss.item()


def train(setup, log, steps=None):
    count = 0
    for _ in range(7):
        setup["model"].train()
        for loss in run_epoch(setup, torch.randperm(1200).split(30)):
            log(loss)
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    plate, has = setup["val"]
    setup["model"].eval()
    return setup["loss_fn"](setup["model"](plate), has).item()
