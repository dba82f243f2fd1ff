"""Bug: the daily changes of a price are predicted by a net whose last layer is a ReLU.

Source: https://stats.stackexchange.com/questions/362588/how-can-a-network-with-only-relu-nodes-output-negative-values
("The output of a ReLU unit is non-negative, full stop"; rebuilt).
Why it hurts: every second change is negative; for those the best that the net can say is zero, and it gets no gradient.
"""

import torch
from torch import nn

from programs.data_f import changes

FAMILY = "returns-gru"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "high-flat")
WINDOW = 20


class Forecaster(nn.Module):
    def __init__(self, last, hidden=24):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, 24), nn.ReLU(), nn.Linear(24, 1), last)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.head(out[:, -1])


def cut(series):
    pieces = series.unfold(0, WINDOW + 1, 1)
    return pieces[:, :WINDOW].unsqueeze(-1), pieces[:, WINDOW:]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    series = changes(1500, seed)
    model = Forecaster(nn.Identity() if fixed else nn.ReLU())
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        loss_fn=nn.MSELoss(),
        train=cut(series[:1200]),
        val=cut(series[1200:]),
        fixed=fixed,
    )


def evaluate(model, criterion, data):
    model.eval()
    with torch.no_grad():
        loss = criterion(model(data[0]), data[1]).item()
    model.train()
    return loss


def train(setup, log, steps=None, epochs=5, size=32):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    n = 0
    for _epoch in range(epochs):
        order = torch.randperm(len(x))
        batches = order.split(size)
        for number, rows in enumerate(batches, 1):
            loss = criterion(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            if number == len(batches):
                log(loss.item(), val_loss=evaluate(model, criterion, setup["val"]))
            else:
                log(loss.item())
            if n == steps:
                return


def error(setup):
    return evaluate(setup["model"], setup["loss_fn"], setup["val"])
