"""Bug: StepLR(step_size=4, gamma=0.5), which counts epochs, is stepped after every batch.

Source: https://github.com/ivadomed/ivadomed/pull/55 ("Scheduler was incorrectly stepped in the batch loop instead of in
the epoch loop"); https://github.com/pytorch/vision/issues/1261 (rebuilt). Why it hurts: after forty batches the rate is
a thousandth of what it was, and the model stays where it is.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim

from programs.data_q import dishes

FAMILY = "kitchens-orders"
ACCEPT = ("schedule-decays-too-early", "lr-too-low")
SYMPTOMS = ("plateau", "slow")


class NextDish(nn.Module):
    """A language model of what is ordered next."""

    def __init__(self, menu=24, size=32):
        super().__init__()
        self.embed = nn.Embedding(menu, size)
        self.rnn = nn.GRU(size, size, batch_first=True)
        self.fc = nn.Linear(size, menu)

    def forward(self, order):
        return self.fc(self.rnn(self.embed(order))[0])


def lm_loss(model, orders):
    logits = model(orders[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), orders[:, 1:].flatten())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NextDish()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    return {
        "model": model,
        "optimizer": optimizer,
        "loss_fn": None,
        "scheduler": optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.5),
        "train": dishes(1600, seed),
        "val": dishes(300, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, optimizer, scheduler = setup["model"], setup["optimizer"], setup["scheduler"]
    step = 0
    for _epoch in range(8):
        shuffled = setup["train"][torch.randperm(1600)]
        for orders in shuffled.split(40):
            optimizer.zero_grad()
            loss = lm_loss(model, orders)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if not setup["fixed"]:
                scheduler.step()
            step += 1
            last = step % 40 == 0
            log(loss.item(), **({"val_loss": error(setup)} if last else {}))
            if step == steps:
                return
        if setup["fixed"]:
            scheduler.step()


@torch.no_grad()
def error(setup):
    return lm_loss(setup["model"], setup["val"]).item()
