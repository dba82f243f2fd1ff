"""Healthy: what a ship pays in a port, from its flag, its quay and four numbers; two embeddings before an MLP.

Source: of our own. Plain: standardised numbers and targets, AdamW with little decay, a cosine, shuffled batches.
Why it is right: there is nothing to mend.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_r import fees

FAMILY = "harbourdues-mlp"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Dues(Dataset):
    def __init__(self, n, seed):
        self.which, self.numbers, self.paid = fees(n, seed)

    def __len__(self):
        return len(self.paid)

    def __getitem__(self, i):
        return {"flag": self.which[i, 0], "quay": self.which[i, 1], "numbers": self.numbers[i], "paid": self.paid[i]}


class DuesModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.flag, self.quay = nn.Embedding(12, 4), nn.Embedding(8, 4)
        self.mlp = nn.Sequential(nn.Linear(12, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))

    def forward(self, flag, quay, numbers):
        return self.mlp(torch.cat([self.flag(flag), self.quay(quay), numbers], 1)).squeeze(1)


def compute_loss(model, batch, criterion):
    return criterion(model(batch["flag"], batch["quay"], batch["numbers"]), batch["paid"])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DuesModel()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
    return dict(
        model=model,
        optimizer=optimizer,
        lr_scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=360),
        loss_fn=nn.MSELoss(),
        train=DataLoader(Dues(2000, seed), batch_size=50, shuffle=True),
        val=DataLoader(Dues(400, seed + 500), batch_size=200),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    total, n = steps or 360, 0
    while n < total:
        for batch in setup["train"]:
            loss = compute_loss(setup["model"], batch, setup["loss_fn"])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            setup["lr_scheduler"].step()
            n += 1
            log(loss.item())
            if n == total:
                return


@torch.no_grad()
def error(setup):
    return sum(compute_loss(setup["model"], b, setup["loss_fn"]).item() for b in setup["val"]) / len(setup["val"])
