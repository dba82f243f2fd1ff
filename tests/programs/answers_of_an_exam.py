"""Healthy: abilities and difficulties of an exam, found with L-BFGS; full batches only.

Source: Rasch's model of tests, as in any textbook of item response theory (rebuilt from the formula).
Why it looks ill: the loss ends near 0.5, far from zero, for answers are partly luck; after a tenth it is flat.
"""

import torch
from torch import nn

from programs.data_l import answers

FAMILY = "irt-exam"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat")


class Rasch(nn.Module):
    def __init__(self, people, tasks):
        super().__init__()
        self.ability = nn.Parameter(torch.zeros(people, 1))
        self.difficulty = nn.Parameter(torch.zeros(tasks))

    def forward(self):
        return self.ability - self.difficulty


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Rasch(200, 40)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=2, history_size=10)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), train=answers(200, 40, seed),
                val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, solved = setup["model"], setup["optimizer"], setup["train"]

    def closure():
        optimizer.zero_grad()
        prior = 0.5 * (model.ability.square().sum() + model.difficulty.square().sum()) / solved.numel()
        loss = setup["loss_fn"](model(), solved) + prior
        loss.backward()
        return loss

    for _ in range(steps or 100):
        log(optimizer.step(closure).item())
