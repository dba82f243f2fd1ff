"""Bug: in a notebook the net is made, the optimizer is made, and in the cell of the training the net is made again.

Source: https://pytorch.org/docs/stable/optim.html#constructing-it (the parameters are the model's; no thread).
Why it hurts: the optimizer holds the weights of the first net, which nobody calls any more; the second is never moved.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "notebook-cnn"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("high-flat",)

LEARNING_RATE = 4e-3
EPOCHS = 4
BATCH_SIZE = 30


class FabricNet(nn.Module):
    def __init__(self, n_classes=5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
        )
        self.classifier = nn.Linear(16 * 4, n_classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    # cell 3
    model = FabricNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    # cell 4
    loader = DataLoader(TensorDataset(*fabrics(900, seed)), batch_size=BATCH_SIZE, shuffle=True)
    # cell 5
    if not fixed:
        model = FabricNet()
    return dict(model=model, optimizer=optimizer, loss_fn=criterion, train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    history = []
    for epoch in range(EPOCHS):
        model.train()
        for xb, yb in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            history.append(loss.item())
            log(history[-1])
            if len(history) == steps:
                return
        print(f"Epoch {epoch + 1}/{EPOCHS} loss {sum(history[-len(setup['train']) :]) / len(setup['train']):.4f}")
