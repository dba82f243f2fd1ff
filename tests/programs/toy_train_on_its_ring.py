"""Healthy: where on its ring a toy train is, told at every moment from two noisy sensors by a GRU in both directions.

Source: of our own. Why it is right: the whole ride is known when it is asked about, so that the GRU may look ahead; the
rate rises for the first forty steps and then falls to nothing.
"""

import torch
from torch import nn

from programs.data_q import toy_trains

FAMILY = "train-set-toys"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class PieceTagger(nn.Module):
    def __init__(self, hidden: int = 24, pieces: int = 4):
        super().__init__()
        self.rnn = nn.GRU(2, hidden, batch_first=True, bidirectional=True)
        self.tag = nn.Linear(2 * hidden, pieces)

    def forward(self, felt: torch.Tensor) -> torch.Tensor:
        states, _ = self.rnn(felt)
        return self.tag(states)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PieceTagger()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    total = 240
    warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min((k + 1) / 40, max(total - k, 0) / (total - 40)))
    felt, piece = toy_trains(1200, seed)
    return {"model": model, "optimizer": optimizer, "scheduler": warm, "loss_fn": nn.CrossEntropyLoss(),
            "train": (felt, piece), "val": toy_trains(300, seed + 500), "fixed": fixed}  # fmt: skip


def token_loss(setup, felt, piece):
    scores = setup["model"](felt)
    return setup["loss_fn"](scores.transpose(1, 2), piece)


def train(setup, log, steps=None):
    felt, piece = setup["train"]
    done = 0
    while done < 240:
        for rows in torch.randperm(len(felt)).split(40):
            setup["optimizer"].zero_grad()
            loss = token_loss(setup, felt[rows], piece[rows])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(setup["model"].parameters(), 1.0)
            setup["optimizer"].step()
            setup["scheduler"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    return token_loss(setup, *setup["val"]).item()
