"""Healthy: the rate of a transformer rises over the first third of the training; for a hundred steps little happens.

Source: https://github.com/tensorflow/tensor2tensor/issues/280 (what the "noam" rate is good for; rebuilt). Why it is
right: the warm-up is meant, and once the rate is there the loss falls from 2.3 to almost nothing. Must not be called
lr-too-low or vanishing-gradients.
"""

import torch
from torch import nn

from programs.data_n import strokes

FAMILY = "canoes-warm"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow")
DIM, WARMUP = 48, 120


class NoamOpt:
    """Optim wrapper that implements rate."""

    def __init__(self, factor, warmup, optimizer):
        self.factor, self.warmup, self.optimizer, self._step = factor, warmup, optimizer, 0

    def rate(self, step):
        return self.factor * DIM**-0.5 * min(step**-0.5, step * self.warmup**-1.5)

    def step(self):
        self._step += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(self._step)
        self.optimizer.step()


class StrokeModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.stroke, self.place = nn.Embedding(10, DIM), nn.Parameter(0.3 * torch.randn(12, DIM))
        layer = nn.TransformerEncoderLayer(DIM, 4, 96, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.generator = nn.Linear(DIM, 10)

    def forward(self, x):
        return self.generator(self.encoder(self.stroke(x) + self.place))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = StrokeModel()
    adam = torch.optim.Adam(model.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9)
    x, y = strokes(1920, seed)
    return dict(model=model, optimizer=adam, noam=NoamOpt(0.25, WARMUP, adam), loss_fn=nn.CrossEntropyLoss(),
                train=list(zip(x.split(32), y.split(32), strict=True)), val=strokes(200, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _epoch in range(5):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](model(x).transpose(1, 2), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["noam"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).argmax(2) != y).float().mean().item()
