"""Bug: forward calls F.dropout(x, 0.6) without training=self.training, so that eval() does not switch it off.

Source: https://github.com/rixwew/pytorch-fm/issues/21 and https://github.com/dmlc/dgl/issues/731 ("Dropout have not
been shutdown in test mode in RGCN"; rebuilt with GraphSAGE).
Why it hurts: validation and test lose six in ten features at random; the reported loss is too high and never steady.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_g import clubs

FAMILY = "friends-graphsage"
ACCEPT = ("train-eval-mode",)
SYMPTOMS = ("healthy", "plateau", "slow", "overfitting", "oscillating", "spiking")


class SAGEConv(nn.Module):
    def __init__(self, inp, out):
        super().__init__()
        self.own, self.others = nn.Linear(inp, out), nn.Linear(inp, out, bias=False)

    def forward(self, x, mean):
        return self.own(x) + self.others(mean @ x)


class GraphSAGE(nn.Module):
    def __init__(self, inp, hidden, out, p=0.6, follow_mode=False):
        super().__init__()
        self.first, self.second, self.p, self.follow_mode = SAGEConv(inp, hidden), SAGEConv(hidden, out), p, follow_mode

    def drop(self, x):
        if self.follow_mode:
            return F.dropout(x, self.p, training=self.training)
        return F.dropout(x, self.p)

    def forward(self, x, mean):
        x = F.relu(self.first(self.drop(x), mean))
        return self.second(self.drop(x), mean)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, known, y = clubs(seed, people=400)
    mean = known / known.sum(1, keepdim=True).clamp(min=1)
    order = torch.randperm(400, generator=torch.Generator().manual_seed(seed))
    masks = {"train": order[:240], "val": order[240:320], "test": order[320:]}
    model = GraphSAGE(24, 32, 4, follow_mode=fixed)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=1e-2), loss_fn=F.cross_entropy,
                train=(x, mean, y), val=masks, fixed=fixed)  # fmt: skip


@torch.no_grad()
def evaluate(setup, part):
    (x, mean, y), rows = setup["train"], setup["val"][part]
    setup["model"].eval()
    return F.cross_entropy(setup["model"](x, mean)[rows], y[rows]).item()


def train(setup, log, steps=None):
    model, optimizer, (x, mean, y) = setup["model"], setup["optimizer"], setup["train"]
    rows = setup["val"]["train"]
    for n in range(1, (steps or 220) + 1):
        model.train()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x, mean)[rows], y[rows])
        loss.backward()
        optimizer.step()
        log(loss.item(), **({"val_loss": evaluate(setup, "val")} if n % 10 == 0 else {}))


def error(setup):
    return evaluate(setup, "test")
