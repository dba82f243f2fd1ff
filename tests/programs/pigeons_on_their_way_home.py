"""Bug: the flights are sorted by the ring number of the pigeon after the merge, the times of arrival are not.

Source: https://github.com/amoodie/StratGAN/issues/3 ("I don't think images are matching labels. [...] things
don't match. Will never learn that way"; rebuilt with two tables).
Why it hurts: each flight has the time of another; nothing of it can be learnt but the mean.
"""

import torch
from torch import nn
from torch.nn.functional import smooth_l1_loss

from programs.data_n import pigeons

FAMILY = "pigeons-home"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "plateau", "overfitting")


def flights(n, seed):
    x, hours = pigeons(n, seed)
    ring = torch.randperm(9 * n, generator=torch.Generator().manual_seed(seed))[:n]
    return ring, x, hours


def merge(n, seed, by_ring):
    """Both tables in the order of the ring numbers."""
    ring, x, hours = flights(n, seed)
    order = ring.argsort()
    x = x[order]
    if by_ring:
        hours = hours[order]
    return x, hours


class Residual(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm, self.a, self.b = nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.Linear(2 * d, d)

    def forward(self, x):
        return x + self.b(torch.nn.functional.gelu(self.a(self.norm(x))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 24), Residual(24), Residual(24), nn.Linear(24, 1))
    x, y = merge(2000, seed, by_ring=fixed)
    batches = list(zip(x.split(25), y.split(25), strict=True))
    opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=6 * len(batches))
    _, x_new, y_new = flights(400, seed + 500)
    return dict(model=net, optimizer=opt, scheduler=sched, loss_fn=smooth_l1_loss, train=batches, val=(x_new, y_new),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, sched = setup["model"], setup["optimizer"], setup["scheduler"]
    count = 0
    for _epoch in range(6):
        for i in torch.randperm(len(setup["train"])).tolist():
            x, hours = setup["train"][i]
            opt.zero_grad()
            loss = smooth_l1_loss(net(x).squeeze(1), hours)
            loss.backward()
            opt.step()
            sched.step()
            count += 1
            log(loss.item())
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    x, hours = setup["val"]
    return smooth_l1_loss(setup["model"](x).squeeze(1), hours).item()
