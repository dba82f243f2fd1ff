"""Bug: two encoders' features are put together with torch.tensor(...tolist()), which makes a new leaf.

Source: https://github.com/lucidrains/CoCa-pytorch/issues/6 ("gradient may not propagate back to image encoder");
https://github.com/sktime/pytorch-forecasting/pull/2208 ("creates a new leaf"; rebuilt).
Why it hurts: the encoders get no gradient; only the layer behind them learns.
"""

import torch
from torch import nn

from programs.data_i import captions

FAMILY = "captions-late-fusion"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class LateFusion(nn.Module):
    def __init__(self, width=8, things=30, copies=True):
        super().__init__()
        self.image_encoder = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, width), nn.Tanh())
        self.text_encoder = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, width), nn.Tanh())
        self.classifier = nn.Linear(2 * width, things)
        self.copies = copies

    def forward(self, image, text):
        a, b = self.image_encoder(image), self.text_encoder(text)
        if self.copies:
            joint = torch.tensor([[*p, *q] for p, q in zip(a.tolist(), b.tolist(), strict=True)])
        else:
            joint = torch.cat([a, b], dim=1)
        return self.classifier(joint)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = LateFusion(copies=not fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=captions(2000, seed), val=None, test=captions(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    image, text, which = setup["train"]

    def one_step(rows):
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(image[rows], text[rows]), which[rows])
        loss.backward()
        optimizer.step()
        return loss.item()

    rounds = [part for _ in range(6) for part in torch.randperm(len(which)).split(40)]
    for rows in rounds[:steps]:
        log(one_step(rows))


@torch.no_grad()
def error(setup):
    image, text, which = setup["test"]
    return setup["loss_fn"](setup["model"](image, text), which).item()
