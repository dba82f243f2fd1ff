"""Bug: the pictures are scaled to -1..1, and the decoder of the autoencoder ends with a sigmoid.

Source: https://github.com/mikesj-public/convolutional_autoencoder/pull/9 (the net could not draw negative values;
rebuilt). Why it hurts: the black ground is at -1 and the output can only come down to 0; that part of the error stays
for ever.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import digits

FAMILY = "digits-autoencoder"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "high-flat")


class Pictures(Dataset):
    def __init__(self, n, seed):
        self.images, _ = digits(n, seed)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return (self.images[i] - 0.5) / 0.5


class AutoEncoder(nn.Module):
    def __init__(self, code=24, last=None):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, code))
        self.decoder = nn.Sequential(nn.Linear(code, 128), nn.ReLU(), nn.Linear(128, 784), last or nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x)).view_as(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = AutoEncoder(last=nn.Tanh() if fixed else nn.Sigmoid())
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        loss_fn=nn.MSELoss(),
        train=DataLoader(Pictures(2500, seed), batch_size=50, shuffle=True),
        val=DataLoader(Pictures(200, seed + 31), batch_size=100),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, opt, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    done = 0
    for _epoch in range(5):
        for x in setup["train"]:
            loss = mse(model(x), x)
            opt.zero_grad()
            loss.backward()
            opt.step()
            done += 1
            log(loss)
            if done == steps:
                return
