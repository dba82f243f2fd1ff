"""Bug: the loss is the cross entropy of a boat's kind plus the squared error of its place, in pixels of the photo.

Source: https://discuss.pytorch.org/t/normalization-of-losses-with-different-scales/191633 ("it will only focus on
reducing the mean squared error loss"; rebuilt).
Why it hurts: the place counts thousands of times as much as the kind; the shared layers learn little about the kind.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_f import boats

FAMILY = "boats-two-heads"
ACCEPT = ("loss-terms-unbalanced", "unscaled-targets")
SYMPTOMS = ("healthy", "slow", "plateau", "high-flat", "spiking", "oscillating")


class TwoHeads(nn.Module):
    def __init__(self, kinds=4):
        super().__init__()
        conv = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)]
        conv += [nn.Conv2d(16, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2)]
        self.trunk = nn.Sequential(*conv)
        self.kind, self.place = nn.Linear(24, kinds), nn.Linear(24 * 25, 2)

    def forward(self, x):
        h = self.trunk(x)
        return {"kind": self.kind(h.amax((2, 3))), "place": self.place(h.flatten(1))}


def loss_dict(output, kind, place):
    return {"kind": F.cross_entropy(output["kind"], kind), "place": F.mse_loss(output["place"], place)}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TwoHeads()
    pictures, kind, place = boats(1000, seed)
    data = torch.utils.data.TensorDataset(pictures, kind, place / 640 if fixed else place)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=None, val=None,
                train=torch.utils.data.DataLoader(data, batch_size=25, shuffle=True), test=boats(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for pictures, kind, place in setup["train"]:
            losses = loss_dict(model(pictures), kind, place)
            total = sum(losses.values())
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            n += 1
            log(total.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of boats whose kind is not known."""
    pictures, kind, _ = setup["test"]
    return (setup["model"].eval()(pictures)["kind"].argmax(1) != kind).float().mean().item()
