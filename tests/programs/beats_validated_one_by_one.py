"""Bug: the validation shows the net one heart beat at a time, and does not call eval() before.

Source: https://github.com/deep-learning-with-pytorch/dlwpt-code/issues/104 (no eval() in the validation of a net with
batch norm; rebuilt). Why it hurts: dropout stays on and batch norm takes the statistics of a single beat; the loss
that is printed for the validation has little to do with the net that was trained.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_e import beats

FAMILY = "heart-beats"
ACCEPT = ("train-eval-mode",)
SYMPTOMS = ("overfitting", "healthy", "plateau")


class BeatNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 12, 7, padding=3), nn.BatchNorm1d(12), nn.ReLU(), nn.MaxPool1d(4),
            nn.Conv1d(12, 24, 5, padding=2), nn.BatchNorm1d(24), nn.ReLU(), nn.MaxPool1d(4))  # fmt: skip
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(96, 4))

    def forward(self, x):
        return self.head(self.features(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BeatNet()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    loaders = dict(train=DataLoader(TensorDataset(*beats(1280, seed)), batch_size=32, shuffle=True))
    loaders["val"] = DataLoader(TensorDataset(*beats(150, seed + 50)), batch_size=1)
    return dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), fixed=fixed) | loaders


def validate(setup):
    model, total = setup["model"], 0.0
    if setup["fixed"]:
        model.eval()
    with torch.no_grad():
        for x, y in setup["val"]:
            total += setup["loss_fn"](model(x), y).item()
    return total / len(setup["val"])


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        model.train()
        for i, (x, y) in enumerate(setup["train"], start=1):
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            if i == len(setup["train"]):
                log(loss.item(), val_loss=validate(setup))
            else:
                log(loss.item())
            if n == steps:
                return


def error(setup):
    """What the user sees: the loss of the validation."""
    return validate(setup)
