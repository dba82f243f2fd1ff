"""Bug: days on which nothing was traded have the price 0, and the returns are logarithms.

Source: https://github.com/mrtkp9993/QuantitaveFinanceExamplesPy/issues/2 (-inf because of log(0)) and
https://github.com/unit8co/darts/issues/881 (a recurrent model, loss=nan: it was the data; rebuilt).
Why it hurts: the first batch with such a day makes the loss NaN, and the weights with it.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import demand, generator, windows

FAMILY = "prices-gru"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)


def prices(n, seed):
    """Prices about 100 with two rhythms; on two days nothing is traded."""
    price = 100.0 * (0.04 * (demand(n, seed) + torch.sin(torch.arange(n) * 0.8))).exp()
    closed = torch.randint(100, n - 100, (2,), generator=generator(seed))
    price[closed] = 0.0
    return price


def last_known(price):
    price = price.clone()
    for day in (price == 0).nonzero().flatten().tolist():
        price[day] = price[day - 1]
    return price


class ReturnModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.head = nn.GRU(1, 24, batch_first=True), nn.Linear(24, 1)

    def forward(self, past):
        return self.head(self.gru(past)[1][-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    price = prices(1200, seed)
    if fixed:
        price = last_known(price)
    returns = 30.0 * torch.diff(torch.log(price))
    past, following = windows(returns, 20)
    model = ReturnModel()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), val=None, fixed=fixed,
                train=DataLoader(TensorDataset(past, following), batch_size=16, shuffle=True))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(3):
        for past, following in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(past), following)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
