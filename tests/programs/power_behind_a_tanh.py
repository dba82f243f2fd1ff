"""Bug: the power of a solar park, standardised, is the answer of a GRU whose last step is tanh.

Source: https://github.com/pytorch/examples/pull/250 ("the final network output is modulated with a tanh nonlinearity.
This is undesirable. As a simple / realistic fix we add a final linear layer"; rebuilt).
Why it hurts: tanh stays below 1, sunny hours reach 3; of the largest values nothing is learned.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import solar

FAMILY = "solar-power"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class SolarGRU(nn.Module):
    def __init__(self, n_features=3, hidden=24, bounded=True):
        super().__init__()
        self.gru = nn.GRU(n_features, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)
        self.bounded = bounded

    def forward(self, past):
        _, last = self.gru(past)
        power = self.head(last[-1]).squeeze(-1)
        return torch.tanh(power) if self.bounded else power


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SolarGRU(bounded=not fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
    loader = DataLoader(TensorDataset(*solar(1920, seed)), batch_size=48, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=loader, val=solar(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    step = 0
    for _epoch in range(8):
        model.train()
        for past, power in setup["train"]:
            loss = setup["loss_fn"](model(past), power)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    past, power = setup["val"]
    return setup["loss_fn"](setup["model"].eval()(past), power).item()
