"""Healthy: a code of one of sixty-four numbers, drawn by Gumbel's trick; the temperature goes from 2 down to a half.

Source: https://github.com/ericjang/gumbel-softmax/issues/2 ("gradually annealing the temperature to 0.5 over the course
of training"; rebuilt for signs of dots).
Why it looks ill: each step draws anew, and the loss stops far above 0, for some dots are wrong at random.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import dots

FAMILY = "letters-gumbel"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class DiscreteCoder(nn.Module):
    def __init__(self, codes=64, wide=48):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(25, wide), nn.ReLU(), nn.Linear(wide, codes))
        self.decode = nn.Linear(codes, 25)

    def forward(self, x, temperature):
        code = F.gumbel_softmax(self.encode(x), tau=temperature)
        return self.decode(code)

    @torch.no_grad()
    def nearest(self, x):
        return self.decode(F.one_hot(self.encode(x).argmax(1), 64).float())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DiscreteCoder()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.02),
                loss_fn=nn.BCEWithLogitsLoss(), train=dots(1600, seed), val=None, test=dots(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    total = 400
    for i in range(total):
        x = setup["train"][torch.randint(len(setup["train"]), (50,))]
        temperature = max(0.5, 2.0 * (1 - i / total))
        loss = setup["loss_fn"](setup["model"](x, temperature), x)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if i + 1 == steps:
            return


def error(setup):
    return setup["loss_fn"](setup["model"].nearest(setup["test"]), setup["test"]).item()
