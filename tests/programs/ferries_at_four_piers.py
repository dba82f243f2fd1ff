"""Bug: two heads, one loss: the squared seconds of delay, over a hundred thousand, are added to a cross-entropy.

Source: https://arxiv.org/abs/1711.02257 (GradNorm: tasks of unlike size); of our own as a program.
Why it hurts: the gradients are clipped to length one, and of this one the pier gets less than a thousandth.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import crossings

FAMILY = "ferryarrivals-multitask"
ACCEPT = ("loss-terms-unbalanced", "unscaled-targets")
SYMPTOMS = ("healthy", "slow", "plateau")


class FerryNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.heads = nn.ModuleDict({"delay": nn.Linear(64, 1), "pier": nn.Linear(64, 4)})

    def forward(self, x):
        h = self.shared(x)
        return {"delay": self.heads["delay"](h).squeeze(1), "pier": self.heads["pier"](h)}


class MultiTaskLoss:
    def __init__(self):
        self.terms = {"delay": nn.MSELoss(), "pier": nn.CrossEntropyLoss()}

    def __call__(self, said, wanted):
        return sum(term(said[name], wanted[name]) for name, term in self.terms.items())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, late, pier = crossings(2400, seed)
    if fixed:
        late = (late - late.mean()) / late.std()
    net = FerryNet()
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9),
                loss_fn=MultiTaskLoss(), train=DataLoader(TensorDataset(x, late, pier), batch_size=48, shuffle=True),
                val=crossings(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for x, late, pier in setup["train"]:
            loss = setup["loss_fn"](net(x), {"delay": late, "pier": pier})
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of held-out crossings whose pier it does not name."""
    x, _late, pier = setup["val"]
    return (setup["model"](x)["pier"].argmax(1) != pier).float().mean().item()
