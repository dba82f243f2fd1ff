"""Bug: init_weights, copied from a vision transformer, draws all weights of a plain deep autoencoder with std=0.02.

Source: https://axeldomingues.dev/blog/initialization-scale-fragility-of-deep-networks ("Deep nets can fail before
training starts if weight scale is wrong"; rebuilt; the copied lines are those of many repositories).
Why it hurts: without residuals each layer makes a tenth of what comes in; nothing of the thread reaches the end.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_r import silk

FAMILY = "silkthreads-ae"
ACCEPT = ("bad-init-scale", "vanishing-gradients")
SYMPTOMS = ("high-flat", "plateau", "slow")


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.trunc_normal_(m.weight, std=0.02)
        nn.init.zeros_(m.bias)


def init_weights_xavier(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)
        nn.init.zeros_(m.bias)


class ThreadAE(nn.Module):
    def __init__(self, length=40, width=48, code=6):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(length, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(),
                                     nn.Linear(width, code))  # fmt: skip
        self.decoder = nn.Sequential(nn.Linear(code, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(),
                                     nn.Linear(width, length))  # fmt: skip

    def forward(self, x):
        return self.decoder(self.encoder(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ThreadAE()
    model.apply(init_weights_xavier if fixed else init_weights)
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9),
                loss_fn=nn.MSELoss(), train=DataLoader(silk(1800, seed), batch_size=45, shuffle=True),
                val=silk(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    while n < (steps or 480):
        for x in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), x)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


def error(setup):
    with torch.no_grad():
        return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]).item()
