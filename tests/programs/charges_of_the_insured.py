"""Bug: the net gives (N, 1), the charges are (N,), and the squared difference is written by hand: no warning.

Source: https://github.com/Photon-AI-Research/NeuralSolvers/issues/20 ("Using `prediction = model(x).reshape(-1)` solves
the problem"; rebuilt).
Why it hurts: the difference is (N, N): each answer is compared with all charges of the batch, and the mean is best.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import charges

FAMILY = "insurance-charges"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


class InsuranceModel(nn.Module):
    def __init__(self, input_size=6, flat=False):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(input_size, 32), nn.Linear(32, 1)
        self.flat = flat

    def forward(self, xb):
        out = self.linear2(torch.relu(self.linear1(xb)))
        return out[:, 0] if self.flat else out

    def training_step(self, batch):
        inputs, targets = batch
        return torch.mean((self(inputs) - targets) ** 2)

    @torch.no_grad()
    def validation_step(self, inputs, targets):
        return {"val_loss": torch.mean((self(inputs).view(-1) - targets) ** 2)}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = InsuranceModel(flat=fixed)
    train_loader = DataLoader(TensorDataset(*charges(800, seed)), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=None,
                train=train_loader, val=charges(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(24):
        for batch in setup["train"]:
            loss = setup["model"].training_step(batch)
            loss.backward()
            setup["optimizer"].step()
            setup["optimizer"].zero_grad()
            log(loss)
            done += 1
            if done == steps:
                return


def error(setup):
    return setup["model"].validation_step(*setup["val"])["val_loss"].item()
