"""Bug: the history of a basket is cut one too late: what is to be guessed stands at its end.

Source: https://github.com/RUCAIBox/RecBole/issues/620 ("the performance is way higher than my expectation [...] the
test label has leaked"; rebuilt). Why it hurts: the net learns to repeat the last one, which nobody needs to be told.
"""

import torch
from torch import nn

from programs.data_h import baskets

FAMILY = "baskets-sasrec"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")


def examples(rows, cut):
    """Histories, padded at the left with 0, and the goods that follow."""
    history, target = [], []
    for end in range(3, rows.shape[1]):
        seen = rows[:, max(0, end + cut - 6) : end + cut]
        history.append(nn.functional.pad(seen, (6 - seen.shape[1], 0)))
        target.append(rows[:, end])
    return torch.cat(history), torch.cat(target)


class SASRec(nn.Module):
    def __init__(self, goods=40, dim=40):
        super().__init__()
        self.item, self.place = nn.Embedding(goods + 1, dim, padding_idx=0), nn.Parameter(0.1 * torch.randn(6, dim))
        self.attend = nn.MultiheadAttention(dim, 2, batch_first=True)
        self.norm, self.feed = nn.LayerNorm(dim), nn.Sequential(nn.Linear(dim, 80), nn.ReLU(), nn.Linear(80, dim))
        self.score = nn.Linear(dim, goods + 1)

    def forward(self, history):
        h = self.item(history) + self.place
        looked, _ = self.attend(h[:, -1:], h, h, key_padding_mask=history == 0, need_weights=False)
        h = self.norm(h[:, -1] + looked[:, 0])
        return self.score(h + self.feed(h))


class Runner:
    def __init__(self, model, data, lr=3e-3):
        self.model, (self.history, self.target) = model, data
        self.opt, self.criterion = torch.optim.Adam(model.parameters(), lr=lr), nn.CrossEntropyLoss()

    def epoch(self):
        for rows in torch.randperm(len(self.history)).split(64):
            self.opt.zero_grad()
            loss = self.criterion(self.model(self.history[rows]), self.target[rows])
            loss.backward()
            self.opt.step()
            yield loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    runner = Runner(SASRec(), examples(baskets(800, seed), 0 if fixed else 1))
    return dict(model=runner.model, optimizer=runner.opt, loss_fn=runner.criterion, train=None, val=None, runner=runner,
                test=examples(baskets(300, seed + 500), 0), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _ in range(4):
        for loss in setup["runner"].epoch():
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the next is not among the first three, where it is not yet known."""
    history, target = setup["test"]
    return (setup["model"](history).topk(3).indices != target[:, None]).all(1).float().mean().item()
