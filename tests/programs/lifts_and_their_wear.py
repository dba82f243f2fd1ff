"""Bug: the optimizer is given the parameters of the head alone; the encoder of the traces stays as it was drawn.

Source: https://datarekha.com/interview/deep-learning/debugging-model-not-learning/ (check that every parameter has a
gradient and is stepped; rebuilt). Why it hurts: a linear reader of a random GRU is weak.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import traces

FAMILY = "lifts-gru"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("slow", "plateau", "high-flat")


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 20, batch_first=True)

    def forward(self, x):
        return self.gru(x)[1][-1]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder, head = Encoder(), nn.Linear(20, 4)
    model = nn.ModuleDict({"encoder": encoder, "head": head})
    params = [*encoder.parameters(), *head.parameters()] if fixed else head.parameters()
    data = TensorDataset(*traces(1200, seed, 5))
    return dict(model=model, optimizer=torch.optim.Adam(params, lr=1e-2), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(data, 40, shuffle=True), val=traces(300, seed + 500, 5), fixed=fixed)  # fmt: skip


def answer(model, x):
    return model["head"](model["encoder"](x))


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            setup["model"].zero_grad()
            loss = setup["loss_fn"](answer(setup["model"], x), y)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](answer(setup["model"], x), y).item()
