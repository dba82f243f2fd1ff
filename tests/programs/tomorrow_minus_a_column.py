"""Bug: an LSTM gives (batch, 1), the temperatures are (batch,), and the squared error is written by hand.

Source: https://github.com/jsboige/CoursIA/pull/926 ("broadcasts (B, 1) vs (B,) to (B, B) matrix");
https://github.com/deepset-ai/FARM/issues/229 (rebuilt).
Why it hurts: each forecast is compared with every target of the batch; the mean is the best answer.
"""

import torch
import torch.nn as nn

from programs.data_i import weather

FAMILY = "weather-lstm"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


class LSTMForecaster(nn.Module):
    def __init__(self, input_size=3, hidden_size=24, num_layers=1):
        super().__init__()
        self.num_layers, self.hidden_size = num_layers, hidden_size
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x):
        h0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size)
        c0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size)
        out, _ = self.lstm(x, (h0, c0))
        return self.fc(out[:, -1, :])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = weather(1200, seed)
    model = LSTMForecaster()
    shape = (-1, 1) if fixed else (-1,)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01), loss_fn=None,
                train=(x[:1000], y[:1000].reshape(shape)), val=(x[1000:], y[1000:]), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    trainX, trainY = setup["train"]
    done = 0
    for _epoch in range(10):
        order = torch.randperm(len(trainX))
        for start in range(0, len(order), 40):
            idx = order[start : start + 40]
            outputs = model(trainX[idx])
            loss = ((outputs - trainY[idx]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x)[:, 0] - y).square().mean().item()
