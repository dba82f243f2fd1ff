"""Bug: one number is to be predicted, so the LSTM got hidden_size=1, and its output is the answer.

Source: https://github.com/nicodjimenez/lstm/issues/37 ("I add a linare layer after h, now it can convergence to any
target"); https://github.com/pytorch/examples/pull/250 (the same in another program; rebuilt).
Why it hurts: one unit has to remember a day of four columns, and what it gives lies between -1 and 1.
"""

import torch
from torch import nn

from programs.data_j import hours_of_air

FAMILY = "dust-lstm"
ACCEPT = ("capacity-too-small", "output-activation-mismatch")
SYMPTOMS = ("plateau", "high-flat", "slow")

LOOKBACK = 12


class LSTMModel(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim=1):
        super().__init__()
        self.lstm = nn.LSTM(input_dim, hidden_dim, batch_first=True)
        self.fc = nn.Linear(hidden_dim, output_dim) if hidden_dim != output_dim else nn.Identity()

    def forward(self, x):
        out, (_h, _c) = self.lstm(x)
        return self.fc(out[:, -1, :])


def make_windows(n, seed):
    air = hours_of_air(n + LOOKBACK, seed)
    air = (air - air.mean(0)) / air.std(0)
    windows = air.unfold(0, LOOKBACK, 1).transpose(1, 2)[:-1]
    return windows, air[LOOKBACK:, :1]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = LSTMModel(input_dim=4, hidden_dim=24 if fixed else 1)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01), loss_fn=nn.MSELoss(),
                train=make_windows(1280, seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x_train, y_train = setup["train"]
    t = 0
    for _epoch in range(15):
        perm = torch.randperm(len(x_train))
        for k in range(0, len(x_train), 64):
            y_train_pred = setup["model"](x_train[perm[k : k + 64]])
            loss = setup["loss_fn"](y_train_pred, y_train[perm[k : k + 64]])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            t += 1
            if t == steps:
                return
