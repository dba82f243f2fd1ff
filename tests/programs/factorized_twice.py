"""Bug: the words of training table and validation table are each made into numbers in the order of appearance there.

Source: https://codewithsundeep.com/discussion/solution/53735576 ("apple": 1 in training becomes "banana": 1 in the
test set; a copy of a Stack Overflow question; rebuilt with what pandas.factorize does).
Why it hurts: the embeddings are learnt well, and looked up under the wrong numbers.
"""

import torch
from torch import nn

from programs.data_f import flats

FAMILY = "flats-factorize"
ACCEPT = ("preprocessing-mismatch",)
SYMPTOMS = ("overfitting",)


def factorize(column, codes=None):
    codes = {} if codes is None else codes
    return torch.tensor([codes.setdefault(word, len(codes)) for word in column]), codes


class RentNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.district, self.heating = nn.Embedding(10, 4), nn.Embedding(4, 2)
        self.layers = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 16), nn.GELU(), nn.Linear(16, 1))

    def forward(self, batch):
        parts = [self.district(batch["district"]), self.heating(batch["heating"]), batch["numbers"]]
        return self.layers(torch.cat(parts, dim=1))[:, 0]


def prepare(n, seed, known=(None, None)):
    districts, heatings, numbers, rent = flats(n, seed)
    district, d = factorize(districts, known[0])
    heating, h = factorize(heatings, known[1])
    return {"district": district, "heating": heating, "numbers": numbers, "rent": rent}, (d, h)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    table, codes = prepare(1200, seed)
    held_out, _ = prepare(300, seed + 500, codes if fixed else (None, None))
    net = RentNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=0.01)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.MSELoss(), train=table, val=held_out, fixed=fixed)


@torch.no_grad()
def validate(net, batch):
    net.eval()
    loss = nn.functional.mse_loss(net(batch), batch["rent"])
    net.train()
    return loss.item()


def train(setup, log, steps=None):
    net, optimizer, table, n = setup["model"], setup["optimizer"], setup["train"], 0
    for _epoch in range(8):
        for rows in torch.randperm(1200).split(40):
            batch = {name: column[rows] for name, column in table.items()}
            loss = setup["loss_fn"](net(batch), batch["rent"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            if n % 15 == 0:
                log(loss.item(), val_loss=validate(net, setup["val"]))
            else:
                log(loss.item())
            if n == steps:
                return


def error(setup):
    return validate(setup["model"], setup["val"])
