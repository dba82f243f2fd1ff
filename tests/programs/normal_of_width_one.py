"""Bug: an init function calls normal_ on every weight and leaves its width at the default, 1.

Source: https://docs.pytorch.org/docs/stable/nn.init.html (normal_(tensor, mean=0.0, std=1.0); no thread). Why it
hurts: each layer makes its input some ten times larger; the first loss is about a hundred, and the net starts far
outside of where steps of this size can bring it back.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import waves

FAMILY = "waves-tanh-mlp"
ACCEPT = ("bad-init-scale", "saturated-activations")
SYMPTOMS = ("slow", "plateau")


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight)
        nn.init.zeros_(m.bias)


class Regressor(nn.Module):
    def __init__(self, width=128, depth=3):
        super().__init__()
        sizes = [6] + [width] * depth
        layers = []
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out), nn.Tanh()]
        self.body, self.head = nn.Sequential(*layers), nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Regressor()
    if not fixed:
        model.apply(init_weights)
    loader = DataLoader(TensorDataset(*waves(2000, seed)), batch_size=50, shuffle=True)
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    return dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, opt, mse, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(8):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = mse(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
