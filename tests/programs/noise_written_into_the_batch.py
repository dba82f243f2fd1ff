"""Bug: the denoising autoencoder adds its noise to the batch with +=, and the batches are kept in a list.

Source: https://github.com/tflearn/tflearn/issues/854 (batches that are changed in place: what is added piles up).
Why it hurts: input and target are one tensor, and each epoch adds to the stored pictures; in the end they are noise.
"""

import torch
from torch import nn

from programs.data_a import digits

FAMILY = "denoising-autoencoder"
ACCEPT = ("data-changed-in-place",)
SYMPTOMS = ("diverging",)


class Autoencoder(nn.Module):
    def __init__(self, code=24):
        super().__init__()
        self.encode = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, code), nn.ReLU())
        self.decode = nn.Sequential(nn.Linear(code, 64), nn.ReLU(), nn.Linear(64, 784), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, x):
        return self.decode(self.encode(x))


def add_noise(x, level=0.3):
    x += level * torch.randn(x.shape)
    return x


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, _ = digits(640, seed)
    model = Autoencoder()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        loss_fn=nn.MSELoss(),
        train=list(x.clone().split(40)),
        val=[digits(100, seed, train=False)[0]],
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, opt, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    k = 0
    for _ in range(10):
        for clean in setup["train"]:
            noisy = add_noise(clean.clone() if setup["fixed"] else clean)
            loss = mse(model(noisy), clean)
            opt.zero_grad()
            loss.backward()
            opt.step()
            log(loss.item())
            k += 1
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    clean = setup["val"][0]
    noisy = clean + 0.3 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(5))
    return float(((setup["model"](noisy) - clean) ** 2).mean())
