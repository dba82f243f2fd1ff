"""Bug: ReduceLROnPlateau, meant for the validation loss of an epoch, is stepped with the loss of every batch.

Source: https://github.com/pytorch/pytorch/issues/30873 (it counts every value above the best ever one as a plateau).
Why it hurts: the losses of batches are noisy; after two bad ones the rate is halved, and soon nothing of it is left.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset, random_split

from programs.data_a import waves

FAMILY = "regression-plateau-rule"
ACCEPT = ("schedule-decays-too-early", "lr-too-low")
SYMPTOMS = ("plateau", "slow", "high-flat")


def evaluate(model, loader, loss_fn):
    model.eval()
    with torch.no_grad():
        return sum(loss_fn(model(x).squeeze(-1), y).item() for x, y in loader) / len(loader)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    whole = TensorDataset(*waves(2400, seed))
    train_set, val_set = random_split(whole, [2000, 400], generator=torch.Generator().manual_seed(seed))
    model = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    return dict(
        model=model,
        optimizer=optimizer,
        schedule=ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=2),
        loss_fn=nn.MSELoss(),
        train=DataLoader(train_set, batch_size=50, shuffle=True),
        val=DataLoader(val_set, batch_size=400),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, loss_fn, scheduler = (setup[k] for k in ("model", "optimizer", "loss_fn", "schedule"))
    n = 0
    for epoch in range(5):
        model.train()
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = loss_fn(model(x).squeeze(-1), y)
            loss.backward()
            optimizer.step()
            if not setup["fixed"]:
                scheduler.step(loss.item())
            log(loss.item())
            n += 1
            if n == steps:
                return
        val_loss = evaluate(model, setup["val"], loss_fn)
        if setup["fixed"]:
            scheduler.step(val_loss)
        print(f"epoch {epoch}  val {val_loss:.3f}  lr {optimizer.param_groups[0]['lr']:.1e}")
