"""Bug: of the two optimisers, the encoder's clears its gradients twice and the decoder's never.

Source: https://github.com/browatbn2/3FabRec/issues/7 (which part's gradients of an autoencoder are cleared; rebuilt).
Why it hurts: the decoder moves by the sum of all gradients since the beginning, most of which belong to other
weights.
"""

import torch
from torch import nn

from programs.data_a import digits

FAMILY = "digits-elu-autoencoder"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("non-finite", "diverging")


def make_encoder(code):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 96), nn.ELU(), nn.Linear(96, code))


def make_decoder(code):
    return nn.Sequential(nn.Linear(code, 96), nn.ELU(), nn.Linear(96, 784), nn.Unflatten(1, (1, 28, 28)))


def squared_error(out, x):
    """Summed over the pixels of a picture, averaged over pictures."""
    return ((out - x) ** 2).flatten(1).sum(1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, _ = digits(1600, seed)
    encoder, decoder = make_encoder(16), make_decoder(16)
    enc_opt = torch.optim.SGD(encoder.parameters(), lr=2e-3, momentum=0.9)
    dec_opt = torch.optim.SGD(decoder.parameters(), lr=2e-3, momentum=0.9)
    setup = dict(model=nn.Sequential(encoder, decoder), optimizer=(enc_opt, dec_opt), train=x.split(32), fixed=fixed)
    return setup | dict(loss_fn=squared_error, val=None)


def train(setup, log, steps=None):
    encoder, decoder = setup["model"]
    enc_opt, dec_opt = setup["optimizer"]
    n = 0
    for _epoch in range(4):
        for x in setup["train"]:
            enc_opt.zero_grad()
            if setup["fixed"]:
                dec_opt.zero_grad()
            else:
                enc_opt.zero_grad()
            loss = setup["loss_fn"](decoder(encoder(x)), x)
            loss.backward()
            enc_opt.step()
            dec_opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
