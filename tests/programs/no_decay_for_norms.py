"""Healthy: three groups of parameters; norms and biases are spared the weight decay, and the stem learns at a tenth.

Source: https://github.com/karpathy/minGPT (its optimiser groups; no thread). Nothing to mend: the groups differ on
purpose, and together they hold every parameter once.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-groups"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class PatchMixer(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 4, stride=4)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens, self.channels = nn.Linear(49, 49), nn.Linear(width, width)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        h = self.stem(x).flatten(2).transpose(1, 2)
        h = h + torch.relu(self.tokens(self.norm1(h).transpose(1, 2))).transpose(1, 2)
        h = h + torch.relu(self.channels(self.norm2(h)))
        return self.head(h.mean(1))


def groups(model, lr, decay):
    stem = list(model.stem.parameters())
    rest = [p for name, p in model.named_parameters() if not name.startswith("stem")]
    return [
        {"params": stem, "lr": lr / 10, "weight_decay": 0.0},
        {"params": [p for p in rest if p.ndim > 1], "lr": lr, "weight_decay": decay},
        {"params": [p for p in rest if p.ndim < 2], "lr": lr, "weight_decay": 0.0},
    ]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PatchMixer()
    opt = torch.optim.AdamW(groups(model, lr=1e-2, decay=0.1))
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*digits(2400, seed)), batch_size=40, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
