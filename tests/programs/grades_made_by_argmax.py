"""Bug: the loss is taken of the argmax of the scores; requires_grad is switched on so that backward does not complain.

Source: https://github.com/LZGMatrix/BOP19_CDPN_2019ICCV/issues/4 ("argmax() is nondifferentiable, so you need to take
the loss before"); https://github.com/mahmoodlab/CLAM/issues/184 (weights that never change; rebuilt).
Why it hurts: no weight gets a gradient; the loss is the same for ever, but for the batches.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_f import essays

FAMILY = "essays-graded"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat", "oscillating")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 5))
    x, grade = essays(1500, seed)
    return dict(
        model=model,
        optimizer=torch.optim.RMSprop(model.parameters(), lr=2e-3),
        loss_fn=None,
        train=list(zip(x[:1200].split(40), grade[:1200].split(40), strict=True)),
        test=(x[1200:], grade[1200:]),
        val=None,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]

    def loss_of(scores, grade):
        if setup["fixed"]:
            return F.cross_entropy(scores, grade)
        predicted = scores.argmax(dim=1).float()
        loss = F.mse_loss(predicted, grade.float())
        return loss.requires_grad_(True)

    def one_step(x, grade):
        loss = loss_of(model(x), grade)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    done = 0
    for _epoch in range(6):
        for x, grade in setup["train"]:
            log(one_step(x, grade))
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, grade = setup["test"]
    return (setup["model"](x).argmax(1) != grade).float().mean().item()
