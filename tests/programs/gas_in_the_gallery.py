"""Bug: the smoothed column is a rolling mean of three hours with center=True; at every hour it holds the next one.

Source: https://github.com/twopirllc/pandas-ta/issues/60 ("when center=True (the default), this line leaks future data
into the past"; rebuilt). Why it hurts: the next hour is three times the mean less two readings that stand beside it;
down in the mine, where the next hour is not yet measured, the net is lost.
"""

import torch
import torch.nn as nn

from programs.data_q import gas

FAMILY = "mines-gas"
ACCEPT = ("target-leak", "preprocessing-mismatch")
SYMPTOMS = ("too-good", "healthy")

WINDOW = 8


def rolling_mean(series, width, center=False):
    """Like pandas: of the hours that end here, or with this one in the middle; at the ends of fewer."""
    back = width // 2 if center else width - 1
    ahead = width - 1 - back
    return torch.stack([series[max(0, t - back) : t + ahead + 1].mean() for t in range(len(series))])


def make_rows(series, center):
    """The last hours and the smoothed ones; to be told is the hour after them."""
    smooth = rolling_mean(series, 3, center=center)
    raw, slow = series[:-1].unfold(0, WINDOW, 1), smooth[:-1].unfold(0, WINDOW, 1)
    return torch.cat([raw, slow], dim=1), series[WINDOW:]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    series = gas(2400, seed)
    x, y = make_rows(series[:1900], center=not fixed)
    model = nn.Sequential(nn.Linear(2 * WINDOW, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.MSELoss(),
                train=(x, y), val=make_rows(series[1900:], center=not fixed),
                live=make_rows(series[1900:], center=False), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, (x, y) = setup["model"], setup["train"]
    k = 0
    for _ in range(7):
        order = torch.randperm(len(x))
        for start in range(0, len(x) - 31, 32):
            rows = order[start : start + 32]
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(x[rows]), y[rows])
            loss.backward()
            setup["optimizer"].step()
            k += 1
            if k % 50 == 0:
                with torch.no_grad():
                    log(loss.item(), val_loss=setup["loss_fn"](model(setup["val"][0]), setup["val"][1]).item())
            else:
                log(loss.item())
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    """In the mine, hour by hour."""
    x, y = setup["live"]
    return setup["loss_fn"](setup["model"](x), y).item()
