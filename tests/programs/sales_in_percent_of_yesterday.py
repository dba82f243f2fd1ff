"""Bug: the features are changes in percent from one day to the next; on a few days nothing was sold.

Source: https://github.com/tensorflow/tensorflow/issues/46145 ("Pandas pct_change() function results in nan loss when
training"; rebuilt).
Why it hurts: something after nothing is a change without bounds; one such row and all weights are NaN.
"""

import numpy as np
import torch
from torch import nn

from programs.data_m import stalls

FAMILY = "stalls-percent"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)

# %% features


def pct_change(sold):
    with np.errstate(divide="ignore", invalid="ignore"):
        return sold[:, 1:] / sold[:, :-1] - 1


def make_features(sold):
    sold = sold.numpy()
    return np.hstack([pct_change(sold), np.log1p(sold[:, -1:]) - 2.0]).astype("float32")


# %% model
def make_model():
    return nn.Sequential(nn.Linear(8, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    sold, target = stalls(1920, seed)
    features = make_features(sold)
    if fixed:
        good = np.isfinite(features).all(1)
        features, target = features[good], target[good]
    model = make_model()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=(torch.from_numpy(features), target[:, None]), val=None, fixed=fixed)  # fmt: skip


# %% training
def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    step = 0
    for _ in range(5):
        perm = torch.randperm(x.size(0))
        for i in range(0, x.size(0), 32):
            idx = perm[i : i + 32]
            loss = loss_fn(model(x[idx]), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            step += 1
            if step == steps:
                return
