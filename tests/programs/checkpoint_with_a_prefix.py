"""Bug: the keys of the checkpoint begin with "module.", and strict=False lets all of them fall by the wayside.

Source: https://github.com/pytorch/examples/issues/1029 (strict=False can silently load a corrupted model; rebuilt).
Why it hurts: the backbone that is frozen as "pretrained" is as it was drawn; one layer alone can do little with it.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-linear-probe"
ACCEPT = ("weights-not-loaded",)
SYMPTOMS = ("slow", "plateau", "healthy")


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.Tanh(), nn.Linear(64, 16), nn.Tanh())
        self.fc = nn.Linear(16, classes)

    def forward(self, x):
        return self.fc(self.backbone(x))


def checkpoint(x, y):
    """What a run on several devices has saved: ten classes, wrapped, so that each name has a prefix."""
    net = nn.ModuleDict({"module": Classifier(10)})
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _epoch in range(2):
        for a, b in zip(x.split(50), y.split(50), strict=True):
            opt.zero_grad()
            F.cross_entropy(net["module"](a), b).backward()
            opt.step()
    return {name: weight for name, weight in net.state_dict().items() if not name.startswith("module.fc")}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(4000, seed)
    state = checkpoint(x[:2500], y[:2500])
    model = Classifier(3)
    if fixed:
        state = {name.removeprefix("module."): weight for name, weight in state.items()}
    model.load_state_dict(state, strict=False)
    model.backbone.requires_grad_(False)
    opt = torch.optim.SGD(model.fc.parameters(), lr=0.1, momentum=0.9)
    loader = DataLoader(TensorDataset(x[2500:], y[2500:] % 3), batch_size=30, shuffle=True)
    return dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
