"""Bug: the net ends with a Softmax and is trained with CrossEntropyLoss, which takes a softmax itself.

Source: https://github.com/ariecattan/SciCo/issues/2 and https://github.com/bowang-lab/Transformer-GCN-QA/pull/32
(rebuilt). Why it hurts: the second softmax sees numbers between 0 and 1 only; the loss cannot fall below 0.90 for
five classes.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from programs.data_a import fabrics

FAMILY = "fabrics-cnn"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class FabricNet(nn.Module):
    def __init__(self, classes=5, probabilities=True):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 24, 3), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(24 * 9, 48), nn.ReLU(), nn.Linear(48, classes))
        self.softmax = nn.Softmax(dim=1) if probabilities else nn.Identity()

    def forward(self, x):
        return self.softmax(self.classifier(self.features(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    data = TensorDataset(*fabrics(1700, seed))
    train_set, val_set = random_split(data, [1500, 200], generator=torch.Generator().manual_seed(seed))
    model = FabricNet(probabilities=not fixed)
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(train_set, batch_size=32, shuffle=True),
        val=DataLoader(val_set, batch_size=200),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(5):
        model.train()
        for images, labels in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss)
            if step == steps:
                return
        model.eval()
        with torch.no_grad():
            hits = [(model(images).argmax(1) == labels).float().mean() for images, labels in setup["val"]]
        setup["accuracy"] = float(sum(hits) / len(hits))
