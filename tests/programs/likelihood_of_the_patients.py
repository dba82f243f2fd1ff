"""Bug: the loss is the log partial likelihood of Cox itself, which is to be as large as possible, not its negative.

Source: https://github.com/PathologyDataScience/SurvivalNet/issues/30 (does the cost need a negative sign?; rebuilt).
Why it hurts: the number falls beautifully, and the net learns to give the lowest risk to those who die first.
"""

import torch
from torch import nn

from programs.data_e import patients

FAMILY = "patients-survival"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("healthy", "diverging", "too-good", "slow")


def partial_likelihood(risk, months, seen):
    """The log partial likelihood for each event that was seen."""
    order = months.argsort(descending=True)
    risk, seen = risk[order], seen[order]
    at_risk = torch.logcumsumexp(risk, dim=0)
    return ((risk - at_risk) * seen).sum() / seen.sum()


def negative_partial_likelihood(risk, months, seen):
    return -partial_likelihood(risk, months, seen)


class RiskNet(nn.Sequential):
    def __init__(self, columns=8, width=32):
        layers = [nn.Linear(columns, width), nn.SELU(), nn.Dropout(0.1), nn.Linear(width, width), nn.SELU()]
        super().__init__(*layers, nn.Linear(width, 1, bias=False), nn.Flatten(0))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = RiskNet()
    return dict(
        model=model,
        optimizer=torch.optim.RMSprop(model.parameters(), lr=1e-3, weight_decay=1e-4),
        loss_fn=negative_partial_likelihood if fixed else partial_likelihood,
        train=None,
        cohort=patients(1500, seed),
        val=patients(400, seed + 50),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    net, rmsprop, cox = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, months, seen = setup["cohort"]
    for n in range(1, 251):
        rows = torch.randint(len(x), (128,))
        rmsprop.zero_grad()
        loss = cox(net(x[rows]), months[rows], seen[rows])
        loss.backward()
        rmsprop.step()
        log(loss)
        if n == steps:
            break


@torch.no_grad()
def error(setup):
    """One minus the concordance: how often the one with the higher risk lives longer."""
    x, months, seen = setup["val"]
    risk = setup["model"].eval()(x)
    known = (months[:, None] < months[None, :]) & seen[:, None].bool()
    return 1 - (risk[:, None] > risk[None, :])[known].float().mean()
