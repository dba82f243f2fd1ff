"""Healthy: four of ten labels are wrong, how is known, and the loss is corrected for it; it stays at 0.7.

Source: https://github.com/giorgiop/loss-correction/issues/2 (the forward correction, with its matrix; rebuilt).
Why it is right: 0.67 is the entropy of the machine's errors; the clean labels held out are met. Must not be called
noisy-labels, softmax-before-cross-entropy or capacity-too-small.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_n import ballots

FAMILY = "ballots-matrix"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class ForwardCorrection(nn.Module):
    """Negative log-likelihood of what the machine read, given how it errs: row i says what becomes of i."""

    def __init__(self, transition):
        super().__init__()
        self.register_buffer("transition", transition)

    def forward(self, logits, read):
        shares = F.softmax(logits, dim=1) @ self.transition
        return F.nll_loss(torch.log(shares + 1e-8), read)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    eye = torch.eye(5)
    transition = 0.6 * eye + 0.4 * eye.roll(1, dims=1)
    reader = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 5))
    x, read, _ = ballots(3000, seed)
    x_test, _, truth = ballots(600, seed + 500)
    return dict(model=reader, optimizer=torch.optim.Adam(reader.parameters(), lr=3e-3, weight_decay=1e-4),
                loss_fn=ForwardCorrection(transition), train=(x, read), val=(x_test, truth), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    """The share of ballots that are read wrongly, by the clean labels."""
    x, truth = setup["val"]
    return (setup["model"](x).argmax(1) != truth).float().mean().item()


def train(setup, log, steps=None):
    reader, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, read = setup["train"]
    n = 0
    for _epoch in range(8):
        for rows in torch.randperm(len(x)).split(50):
            optimizer.zero_grad()
            loss = criterion(reader(x[rows]), read[rows])
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item(), **({"metric": 1 - error(setup)} if n % 60 == 0 else {}))
            if n == steps:
                return
