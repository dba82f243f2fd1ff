"""Bug: the window of past loads is standardised, but the load to forecast stays in watts, about 2100.

Source: https://github.com/sktime/pytorch-forecasting/issues/1 ("To train, timeseries should be normalized");
https://github.com/sktime/pytorch-forecasting/issues/410 (y is left as in the raw data set; rebuilt).
Why it hurts: the last layer begins near zero and Adam moves its bias by about the rate; 2100 is far away.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import kettles

FAMILY = "kettles-gru"
ACCEPT = ("unscaled-targets", "lr-too-low")
SYMPTOMS = ("high-flat", "slow")


class Forecaster(nn.Module):
    def __init__(self, n_hidden=32, n_layers=1):
        super().__init__()
        self.gru = nn.GRU(input_size=1, hidden_size=n_hidden, num_layers=n_layers, batch_first=True)
        self.linear = nn.Linear(n_hidden, 1)

    def forward(self, series):
        out, _ = self.gru(series)
        return self.linear(out[:, -1, :])


def make_loader(seed, scale):
    past, watts = kettles(1280, seed)
    target = (watts - watts.mean()) / watts.std() if scale else watts
    return DataLoader(TensorDataset(past, target.unsqueeze(1)), batch_size=64, shuffle=True), watts.mean(), watts.std()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Forecaster()
    loader, mean, std = make_loader(seed, scale=fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=nn.MSELoss(),
                train=loader, val=kettles(300, seed + 500), mean=mean, std=std, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    n_step = 0
    for _epoch in range(10):
        for X_batch, y_batch in setup["train"]:
            y_pred = model(X_batch)
            loss = loss_fn(y_pred, y_batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n_step += 1
            log(loss.item())
            if n_step == steps:
                return


@torch.no_grad()
def error(setup):
    """The mean error in watts."""
    past, watts = setup["val"]
    said = setup["model"](past).squeeze(1)
    if setup["fixed"]:
        said = said * setup["std"] + setup["mean"]
    return (said - watts).abs().mean().item()
