"""Bug: weight_decay=0.1 in Adam, where it is added to the gradient, taken over from a recipe for AdamW.

Source: https://github.com/tinghuiz/SfMLearner/issues/34 ("the weight decay you use seems very large to me [...] 0.05!
When using it, my two networks just go to zero very quickly"; rebuilt).
Why it hurts: the pull of the decay is larger than the gradient of the error; every board comes out as the mean board.
"""

import torch
from torch import nn

from programs.data_s import boards

FAMILY = "sawmill-autoencoder"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class BoardAutoencoder(nn.Module):
    def __init__(self, pixels=256, hidden=64, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.LeakyReLU(0.1), nn.Linear(hidden, code))
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.LeakyReLU(0.1), nn.Linear(hidden, pixels))

    def forward(self, x):
        return torch.sigmoid(self.decoder(self.encoder(x)))


class Trainer:
    def __init__(self, model, optimizer, criterion, epochs=12, batch_size=32):
        self.model, self.optimizer, self.criterion = model, optimizer, criterion
        self.epochs, self.batch_size = epochs, batch_size

    def training_step(self, x):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.criterion(self.model(x), x)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, data, on_step):
        for _ in range(self.epochs):
            for x in data[torch.randperm(len(data))].split(self.batch_size):
                if on_step(self.training_step(x)):
                    return


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BoardAutoencoder()
    decay = 1e-5 if fixed else 1e-1
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=decay)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=boards(1280, seed),
                val=boards(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    seen = []

    def on_step(loss):
        log(loss)
        seen.append(loss)
        return len(seen) == steps

    Trainer(setup["model"], setup["optimizer"], setup["loss_fn"]).fit(setup["train"], on_step)


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]).item()
