"""Bug: "longer than 36 months" is asked of the terms after they have been standardised, so it is true of nobody.

Source: https://github.com/Smadx/USTC-ML24-Fall/issues/35 (loss 0 and accuracy 1: the column was not transformed before
it was compared, so that all labels are 1; rebuilt the other way about). Why it hurts: all targets are 0, and the net
learns to say so, and nothing else.
"""

import torch
from torch import nn

from programs.data_q import sentences

FAMILY = "prison-terms"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy")


class StandardScaler:
    def fit(self, values):
        self.mean, self.std = values.mean(0), values.std(0)
        return self

    def transform(self, values):
        return (values - self.mean) / self.std


class JudgementReader(nn.Module):
    """The words of a judgement, each with its vector, in a bag."""

    def __init__(self, words=90, dim=24):
        super().__init__()
        self.bag = nn.EmbeddingBag(words, dim, mode="mean")
        self.layer_1 = nn.Linear(dim, 32)
        self.layer_out = nn.Linear(32, 1)
        self.dropout = nn.Dropout(p=0.1)

    def forward(self, text):
        x = self.dropout(torch.relu(self.layer_1(self.bag(text))))
        return self.layer_out(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    text, months = sentences(3000, seed)
    if fixed:
        is_long = (months > 36).float()
    else:
        months = StandardScaler().fit(months).transform(months)
        is_long = (months > 36).float()
    model = JudgementReader()
    return {"model": model, "optimizer": torch.optim.Adam(model.parameters(), lr=3e-3),
            "loss_fn": nn.BCEWithLogitsLoss(), "train": (text, is_long.unsqueeze(1)),
            "val": sentences(500, seed + 500), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    text, is_long = setup["train"]
    step = 0
    for _e in range(8):
        model.train()
        for rows in torch.randperm(len(text)).split(50):
            optimizer.zero_grad()
            loss = criterion(model(text[rows]), is_long[rows])
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    model, (text, months) = setup["model"].eval(), setup["val"]
    return ((model(text)[:, 0] > 0) != (months > 36)).float().mean().item()
