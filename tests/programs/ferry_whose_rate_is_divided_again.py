"""Bug: a callback divides the rate by 1 + decay * step at every step, but starts each time from the divided one.

Source: https://github.com/fcomitani/simpsom/issues/30 (the decay must begin at the start value, not at the last one);
https://github.com/open-edge-platform/physical-ai-studio/pull/407 ("LR Collapse"; rebuilt).
Why it hurts: the product of all these divisors is astronomic; after some twenty steps the rate is nothing.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import rides

FAMILY = "ferry-recurrent"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class InverseTimeDecay:
    """lr / (1 + decay * step)"""

    def __init__(self, optimizer, decay, from_start):
        self.optimizer, self.decay, self.from_start = optimizer, decay, from_start
        self.initial = [group["lr"] for group in optimizer.param_groups]

    def on_batch_end(self, step):
        for group, initial in zip(self.optimizer.param_groups, self.initial, strict=True):
            lr = initial if self.from_start else group["lr"]
            group["lr"] = lr / (1 + self.decay * step)


class NextSpeed(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, speeds):
        _, (h, _) = self.lstm(speeds)
        return self.linear(h[-1])[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NextSpeed()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    loader = DataLoader(TensorDataset(*rides(1280, seed)), batch_size=32, shuffle=True, drop_last=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=loader, val=None,
                callbacks=[InverseTimeDecay(optimizer, 0.01, from_start=fixed)], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(8):
        for speeds, following in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](speeds), following)
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            for callback in setup["callbacks"]:
                callback.on_batch_end(step)
            if step == steps:
                return
