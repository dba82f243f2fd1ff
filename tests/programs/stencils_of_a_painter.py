"""Bug: the optimizer of an autoencoder is given the weights of the decoder only.

Source: https://github.com/zdebruine/MMVAE/issues/39 ("only being given the parameters of the encoder portion and not
both the encoder & decoder portions"; rebuilt, the other way round).
Why it hurts: the encoder stays as it was drawn; six numbers taken at random do not hold what an ornament is made of.
"""

import itertools

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_u import stencils

FAMILY = "stencils-autoencoder"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "slow")


class Encoder(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ELU())
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(8 * 36, 64), nn.ELU(), nn.Linear(64, code))

    def forward(self, x):
        return self.fc(self.conv(x))


class Decoder(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(code, 96), nn.ELU(), nn.Linear(96, 96), nn.ELU(), nn.Linear(96, 144))

    def forward(self, z):
        return torch.sigmoid(self.fc(z)).view(-1, 1, 12, 12)


class AutoEncoder(nn.Module):
    def __init__(self, code=6):
        super().__init__()
        self.encoder, self.decoder = Encoder(code), Decoder(code)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def reconstruction(output, target):
    return nn.functional.mse_loss(output, target, reduction="none").flatten(1).sum(1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = AutoEncoder()
    parts = [net.encoder, net.decoder] if fixed else [net.decoder]
    weights = itertools.chain.from_iterable(part.parameters() for part in parts)
    return dict(model=net, optimizer=torch.optim.Adam(weights, lr=2e-3), loss_fn=reconstruction,
                train=DataLoader(stencils(1920, seed), batch_size=48, shuffle=True), val=stencils(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer = setup["model"], setup["optimizer"]
    stream = itertools.chain.from_iterable(setup["train"] for _ in range(15))
    for ornaments in itertools.islice(stream, steps):
        loss = setup["loss_fn"](net(ornaments), ornaments)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]).item()
