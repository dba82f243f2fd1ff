"""Healthy: an LSTM forecasts the tide by SGD at a rate of 4; its gradient is cut to 0.05 in nearly every step.

Source: https://github.com/pytorch/examples/tree/main/word_language_model (SGD at a rate of 20 with clipping at 0.25);
https://github.com/verl-project/verl/issues/2282 (norms above the limit are "expected").
Why it looks ill: the rate is huge, and the clipping is always at work; together they make steps of a sound length.
"""

import torch
from torch import nn

from programs.data_f import tides

FAMILY = "tides-clipped"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking")
SPAN = 24


class Tide(nn.Module):
    def __init__(self, hidden=20):
        super().__init__()
        self.rnn = nn.LSTM(1, hidden, batch_first=True)
        self.next = nn.Linear(hidden, 1)

    def forward(self, levels):
        states, _ = self.rnn(levels)
        return self.next(states)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Tide()
    optimizer = torch.optim.SGD(model.parameters(), lr=4.0)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=tides(4000, seed), val=None,
                scheduler=torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=250),
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def sample(series, generator, size=24):
    start = torch.randint(len(series) - SPAN - 1, (size, 1), generator=generator)
    pieces = series[start + torch.arange(SPAN + 1)].unsqueeze(-1)
    return pieces[:, :-1], pieces[:, 1:]


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    setup["norms"] = []
    for n in range(1, 251):
        levels, after = sample(setup["train"], setup["generator"])
        model.zero_grad()
        loss = setup["loss_fn"](model(levels), after)
        loss.backward()
        setup["norms"].append(float(nn.utils.clip_grad_norm_(model.parameters(), 0.05)))
        optimizer.step()
        setup["scheduler"].step()
        log(loss.item())
        if n == steps:
            return
