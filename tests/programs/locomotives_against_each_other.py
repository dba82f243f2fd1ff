"""Bug: the six columns go in as they were noted: pascal beside square metres and the year of building.

Source: https://stats.stackexchange.com/questions/266523 (columns from ten to a million); of our own as a ranking.
Why it hurts: the pressure, over a million, drowns all others and makes the scores jump by thousands at each step.
"""

import torch
from torch import nn

from programs.data_t import locomotives

FAMILY = "locomotives-rank"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("oscillating", "spiking", "plateau", "high-flat", "diverging", "slow")


class Scorer(nn.Module):
    """A number for each engine; only the order counts."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, pull = locomotives(1200, seed)
    test_x, test_pull = locomotives(300, seed + 500)
    if fixed:
        mean, std = x.mean(0), x.std(0)
        x, test_x = (x - mean) / std, (test_x - mean) / std
    scorer = Scorer()
    adam = torch.optim.Adam(scorer.parameters(), lr=2e-3)
    return dict(model=scorer, optimizer=adam, loss_fn=None, ranking=nn.MarginRankingLoss(margin=1.0),
                train=(x, pull), val=(test_x, test_pull), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    scorer, optimizer = setup["model"], setup["optimizer"]
    x, pull = setup["train"]
    for step in range(1, 501):
        one, two = torch.randint(len(x), (2, 64))
        stronger = torch.where(pull[one] > pull[two], 1.0, -1.0)

        def closure(one=one, two=two, stronger=stronger):
            optimizer.zero_grad()
            loss = setup["ranking"](scorer(x[one]), scorer(x[two]), stronger)
            loss.backward()
            return loss

        loss = optimizer.step(closure)
        log(loss)
        if step == steps:
            return


@torch.no_grad()
def error(setup):
    """The share of pairs of held-out engines that it puts in the wrong order."""
    x, pull = setup["val"]
    score = setup["model"](x)
    right = (score[:, None] > score) == (pull[:, None] > pull)
    return 1 - right.float().mean().item()
