"""Bug: the net for the map ends in Softmax2d, and its output goes to the cross entropy, which takes a softmax itself.

Source: https://discuss.pytorch.org/t/cross-entropy-loss-is-not-decreasing/43814/16 ("Check if you pass the softmax
into the CrossEntropy loss. If you do, correct it"; rebuilt). Why it hurts: shares from 0 to 1 are taken for scores;
for four kinds the loss cannot be below 0.74, and the gradients are small.
"""

import torch
from torch import nn

from programs.data_q import old_maps

FAMILY = "maps-coast"
ACCEPT = ("softmax-before-cross-entropy", "output-activation-mismatch")
SYMPTOMS = ("plateau", "slow")

KINDS = ["water", "land", "hill", "road"]


def conv_block(c_in, c_out):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out), nn.ReLU())


class MapReader(nn.Module):
    def __init__(self, classes, activation=None):
        super().__init__()
        self.encoder = nn.Sequential(conv_block(1, 12), conv_block(12, 16), conv_block(16, 16))
        self.classifier = nn.Conv2d(16, classes, 1)
        self.activation = activation or nn.Identity()

    def forward(self, x):
        return self.activation(self.classifier(self.encoder(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MapReader(len(KINDS), activation=None if fixed else nn.Softmax2d())
    pieces, kinds = old_maps(480, seed)
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
                loss_fn=nn.CrossEntropyLoss(), train=(pieces, kinds), val=old_maps(100, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model = setup["model"]
    pieces, kinds = setup["train"]
    global_step, batch = 0, 16
    while global_step < 150:
        model.train()
        for idx in torch.randperm(len(pieces)).split(batch):
            prediction = model(pieces[idx])
            loss = setup["loss_fn"](prediction, kinds[idx])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            global_step += 1
            log(loss.item())
            if global_step == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the mean intersection over union."""
    x, y = setup["val"]
    setup["model"].eval()
    found = setup["model"](x).argmax(1)
    ious = [((found == k) & (y == k)).sum() / ((found == k) | (y == k)).sum() for k in range(len(KINDS))]
    return 1 - (sum(ious) / len(ious)).item()
