"""Bug: the net gives a column of guesses, (N, 1), the weeks are a row, (N,); their difference is a square.

Source: https://github.com/sktime/sktime/issues/10931 ("broadcasts `(B, 1)` against `(B,)` into a `(B, B)` all-pairs
matrix"; rebuilt).
Why it hurts: every guess is held against the weeks of all tadpoles of the batch; their middle is the best answer.
"""

import torch
from torch import nn

from programs.data_u import tadpoles

FAMILY = "tadpoles-weeks"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau", "high-flat")


class Net(nn.Module):
    def __init__(self, n_in: int, n_hidden: int, dropout: float = 0.05):
        super().__init__()
        self.hidden1 = nn.Linear(n_in, n_hidden)
        self.hidden2 = nn.Linear(n_hidden, n_hidden)
        self.predict = nn.Linear(n_hidden, 1)
        self.dropout = nn.Dropout(dropout)
        nn.init.constant_(self.predict.bias, 9.0)

    def forward(self, x):
        x = torch.tanh(self.hidden1(x))
        x = self.dropout(torch.tanh(self.hidden2(x)))
        return self.predict(x)


def mean_absolute_error(prediction, target):
    return torch.abs(prediction - target).mean()


def split(x, y, size):
    order = torch.randperm(len(x))
    return [(x[part], y[part]) for part in order.split(size)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = tadpoles(1800, seed)
    x_test, y_test = tadpoles(400, seed + 500)
    if fixed:
        y, y_test = y.unsqueeze(1), y_test.unsqueeze(1)
    net = Net(6, 40, dropout=0.0)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.3)
    return dict(model=net, optimizer=optimizer, scheduler=scheduler, loss_fn=mean_absolute_error, train=(x, y),
                val=(x_test, y_test), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, loss_func = setup["model"], setup["optimizer"], setup["loss_fn"]
    t = 0
    for _ in range(12):
        net.train()
        for batch_x, batch_y in split(*setup["train"], 36):
            loss = loss_func(net(batch_x), batch_y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            t += 1
            if t == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    setup["model"].eval()
    return (setup["model"](x).flatten() - y.flatten()).abs().mean().item()
