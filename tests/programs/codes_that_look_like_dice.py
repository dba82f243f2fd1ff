"""Healthy: an adversarial autoencoder; a critic tells codes from drawn numbers, the encoder learns to deceive it.

Source: https://github.com/sinhasam/vaal/issues/28 ("Why is the predictive value of discriminator always around 0.5");
https://github.com/Megum1/DFST/issues/4 ("It shall be fine"; rebuilt).
Why it looks ill: two of the three losses do not fall, and the sum of all is logged.
"""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_m import small_digits

FAMILY = "digits-aae"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "oscillating", "spiking", "diverging")


def mlp(*sizes):
    layers = [part for a, b in itertools.pairwise(sizes) for part in (nn.Linear(a, b), nn.LeakyReLU(0.2))]
    return nn.Sequential(*layers[:-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.ModuleDict({"encoder": mlp(196, 128, 8), "decoder": mlp(8, 128, 196), "critic": mlp(8, 32, 1)})
    coder = [*model["encoder"].parameters(), *model["decoder"].parameters()]
    optimizers = [torch.optim.Adam(coder, lr=4e-3), torch.optim.Adam(model["critic"].parameters(), lr=1e-3)]
    return dict(model=model, optimizer=optimizers[0], critic_optimizer=optimizers[1], loss_fn=None,
                train=small_digits(2000, seed)[0].flatten(1), val=None,
                test=small_digits(300, seed + 500, train=False)[0].flatten(1), fixed=fixed)  # fmt: skip


def told_apart(critic, code, drawn):
    return (F.softplus(-critic(drawn)) + F.softplus(critic(code))).mean() / 2


def train(setup, log, steps=None):
    encoder, decoder, critic = (setup["model"][part] for part in ("encoder", "decoder", "critic"))
    pictures = setup["train"]
    for n in range(360):
        x = pictures[torch.randint(len(pictures), (50,))]
        code = encoder(x)

        critic_loss = told_apart(critic, code.detach(), torch.randn_like(code))
        setup["critic_optimizer"].zero_grad()
        critic_loss.backward()
        setup["critic_optimizer"].step()

        rebuilt = F.binary_cross_entropy_with_logits(decoder(code), x)
        deceived = F.softplus(-critic(code)).mean()
        setup["optimizer"].zero_grad()
        (rebuilt + 0.01 * deceived).backward()
        setup["optimizer"].step()
        log(rebuilt.item() + 0.01 * deceived.item() + critic_loss.item())
        if n + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    x = setup["test"]
    return F.binary_cross_entropy_with_logits(setup["model"]["decoder"](setup["model"]["encoder"](x)), x).item()
