"""Healthy: in each round the labels of the invoices of which the net is least sure are bought, and training goes on.

Source: https://github.com/webis-de/small-text/issues/76 ("Training curve is going down first and then moving up", asked
of the score on what has been labelled so far, in active learning).
Why it is right: after each round the hardest are new, so the loss jumps up; on held-out invoices it gets better.
"""

import torch
from torch import nn

from programs.data_s import invoices

FAMILY = "invoices-rounds"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating", "plateau")

ROUNDS, BUDGET, STEPS_PER_ROUND = 8, 60, 50


class Pool:
    """Invoices, of which only those in `labelled` may be learnt."""

    def __init__(self, x, y, first):
        self.x, self.y = x, y
        self.labelled = torch.zeros(len(x), dtype=torch.bool)
        self.labelled[torch.randperm(len(x))[:first]] = True

    def batch(self, size):
        index = self.labelled.nonzero()[:, 0]
        pick = index[torch.randint(len(index), (size,))]
        return self.x[pick], self.y[pick]

    @torch.no_grad()
    def query(self, model, how_many):
        entropy = torch.distributions.Categorical(logits=model(self.x)).entropy()
        entropy[self.labelled] = -1.0
        self.labelled[entropy.topk(how_many).indices] = True


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 4))
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.05),
                loss_fn=nn.CrossEntropyLoss(), train=Pool(*invoices(3000, seed), first=80),
                val=invoices(600, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, pool = setup["model"], setup["optimizer"], setup["loss_fn"], setup["train"]
    done = 0
    for _round in range(ROUNDS):
        for i in range(STEPS_PER_ROUND):
            x, y = pool.batch(40)
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            done += 1
            log(loss.item(), **({"val_loss": error(setup)} if i == STEPS_PER_ROUND - 1 else {}))
            if done == steps:
                return
        pool.query(model, BUDGET)


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
