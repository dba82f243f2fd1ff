"""Healthy: the partial likelihood of Cox over small batches; it begins near log 32 over the failures and hardly falls.

Source: https://doi.org/10.1186/s12874-018-0482-1 (DeepSurv; rebuilt).
Nothing to mend: the loss counts who is still under watch in the batch, and much of a life is chance; the order of
failures, which is what the net is for, gets right.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import bearings, concordance

FAMILY = "bearings-cox"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class CoxLoss(nn.Module):
    def forward(self, risk, years, failed):
        order = years.argsort(descending=True)
        risk, failed = risk[order], failed[order]
        still_there = torch.logcumsumexp(risk, dim=0)
        return ((still_there - risk) * failed).sum() / failed.sum().clamp(min=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 32), nn.SELU(), nn.Linear(32, 32), nn.SELU(), nn.Linear(32, 1, bias=False))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + 0.1 * epoch))
    return dict(model=net, optimizer=optimizer, loss_fn=CoxLoss(), scheduler=scheduler, fixed=fixed,
                train=DataLoader(TensorDataset(*bearings(1200, seed)), batch_size=32, shuffle=True, drop_last=True),
                val=bearings(400, seed + 500))  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for x, years, failed in setup["train"]:
            loss = setup["loss_fn"](net(x).squeeze(1), years, failed)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    """One minus the concordance, which is 0.5 for a guess."""
    x, years, failed = setup["val"]
    return 1 - concordance(setup["model"](x).squeeze(1), years, failed)
