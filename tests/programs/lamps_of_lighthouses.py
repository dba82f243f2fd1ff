"""Bug: a learning rate of 1e-6, which had been used to fine-tune a large model.

Source: https://github.com/isp1tze/MAProj/issues/3 ("The learning rate [...] is too small, it takes a very long time to
converge. Maybe change it as 0.01"); https://github.com/tegg89/SRCNN-Tensorflow/issues/24 (rebuilt).
Why it hurts: in all of the training no weight moves by more than half a thousandth.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import lighthouses

FAMILY = "lighthouse-lamps"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("high-flat", "slow")


@dataclass
class Config:
    learning_rate: float = 1e-6
    weight_decay: float = 0.01
    batch_size: int = 32
    epochs: int = 8
    width: int = 12


class LampCNN(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Linear(2 * width * 16, 4)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    config = Config(learning_rate=2e-3) if fixed else Config()
    model = LampCNN(config.width)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    train_set, test_set = TensorDataset(*lighthouses(1280, seed)), TensorDataset(*lighthouses(320, seed + 500))
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=nn.CrossEntropyLoss(label_smoothing=0.0),
        train=DataLoader(train_set, batch_size=config.batch_size, shuffle=True),
        val=DataLoader(test_set, batch_size=160),
        config=config,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _epoch in range(setup["config"].epochs):
        for picture, form in setup["train"]:
            setup["optimizer"].zero_grad(set_to_none=True)
            loss = setup["loss_fn"](model(picture), form)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]) / len(setup["val"])
