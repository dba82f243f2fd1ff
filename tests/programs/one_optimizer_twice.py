"""Bug: encoder and decoder have an optimizer each, and both were given the parameters of the encoder.

Source: https://github.com/zhaoyingjun/chatbot/issues/115 (the second of two optimizers gets the wrong model's
parameters); https://github.com/zdebruine/MMVAE/issues/39 ("only being given the parameters of the encoder"; rebuilt).
Why it hurts: the decoder keeps its random weights; the encoder can only choose among what these can draw.
"""

import torch
from torch import nn, optim

from programs.data_j import spectra

FAMILY = "spectra-two-optimizers"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class Encoder(nn.Module):
    def __init__(self, length=48, code=6):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(length, 32), nn.ReLU(), nn.Linear(32, code))

    def forward(self, x):
        return self.net(x)


class Decoder(nn.Module):
    def __init__(self, length=48, code=6):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(code, 32), nn.ReLU(), nn.Linear(32, length))

    def forward(self, z):
        return self.net(z)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder, decoder = Encoder(), Decoder()
    encoder_optimizer = optim.Adam(encoder.parameters(), lr=2e-3)
    decoder_optimizer = optim.Adam((decoder if fixed else encoder).parameters(), lr=2e-3)
    return dict(model=nn.ModuleList([encoder, decoder]), optimizer=[encoder_optimizer, decoder_optimizer],
                loss_fn=nn.MSELoss(), train=spectra(1200, seed), val=spectra(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (encoder, decoder), optimizers = setup["model"], setup["optimizer"]
    data, n = setup["train"], 0
    for _epoch in range(12):
        for rows in torch.randperm(len(data)).split(40):
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss = setup["loss_fn"](decoder(encoder(data[rows])), data[rows])
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    encoder, decoder = setup["model"]
    return setup["loss_fn"](decoder(encoder(setup["val"])), setup["val"]).item()
