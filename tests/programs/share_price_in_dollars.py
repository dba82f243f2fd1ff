"""Bug: the windows of a share's price are scaled to 0..1, tomorrow's price is left in dollars.

Source: https://github.com/hunkim/DeepLearningZeroToAll/pull/137 ("It does not work without it", of the scaling).
Why it hurts: the target is near 2500 and the output near 0; Adam needs thousands of steps to bring the bias there.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_c import share

FAMILY = "share-price-gru"
ACCEPT = ("unscaled-targets", "lr-too-low")
SYMPTOMS = ("slow", "high-flat")
LOOKBACK = 12


class Forecaster(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, 1)

    def forward(self, x):
        _, h = self.gru(x)
        return self.fc(h[-1]).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    close = share(900, seed)
    low, high = close[:700].min(), close[:700].max()
    scaled = (close - low) / (high - low)
    x = scaled.unfold(0, LOOKBACK, 1)[:-1].unsqueeze(-1)
    y = (scaled if fixed else close)[LOOKBACK:]
    train_set, test_set = TensorDataset(x[:680], y[:680]), TensorDataset(x[700:], y[700:])
    model = Forecaster()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=0.01),
        loss_fn=nn.MSELoss(),
        train=DataLoader(train_set, batch_size=40, shuffle=True),
        val=DataLoader(test_set, batch_size=200),
        fixed=fixed,
        unit=1.0 if fixed else float(high - low),
    )


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    count = 0
    for _ in range(8):
        model.train()
        for window, price in setup["train"]:
            prediction = model(window)
            loss = loss_fn(prediction, price)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    return sum((setup["model"](x) - y).abs().mean().item() for x, y in setup["val"]) / setup["unit"]
