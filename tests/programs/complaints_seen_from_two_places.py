"""Healthy: sharpness-aware minimisation; each batch is computed twice, the second time from weights moved uphill.

Source: https://github.com/davda54/sam/issues/8 (how a closure serves the second pass). Why it looks ill: the weights
jump up and back in every step, and gradients are cleared between two backward passes.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_h import complaints

FAMILY = "sam-reviews"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow")


class SAM(torch.optim.Optimizer):
    def __init__(self, params, base, rho=0.05, **kwargs):
        super().__init__(params, dict(rho=rho, **kwargs))
        self.base = base(self.param_groups, **kwargs)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def step(self, closure):
        every = [p for group in self.param_groups for p in group["params"]]
        norm = torch.stack([p.grad.norm() for p in every]).norm() + 1e-12
        uphill = [p.grad * (self.param_groups[0]["rho"] / norm) for p in every]
        torch._foreach_add_(every, uphill)
        self.zero_grad()
        torch.enable_grad()(closure)()
        torch._foreach_sub_(every, uphill)
        self.base.step()
        self.zero_grad()


class AttentionPool(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(62, 32, padding_idx=0)
        self.attention = nn.Sequential(nn.Linear(32, 16), nn.Tanh(), nn.Linear(16, 1))
        self.out = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, ids):
        e = self.words(ids)
        scores = self.attention(e).squeeze(-1).masked_fill(ids == 0, -1e9)
        return self.out((scores.softmax(1).unsqueeze(-1) * e).sum(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = AttentionPool()
    optimizer = SAM(model.parameters(), torch.optim.SGD, rho=0.05, lr=0.2, momentum=0.9)
    loader = DataLoader(TensorDataset(*complaints(1600, seed)), batch_size=40, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None,
                test=complaints(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model = setup["model"]
    for n, (ids, kind) in enumerate((batch for _ in range(6) for batch in setup["train"]), 1):

        def closure(ids=ids, kind=kind):
            loss = setup["loss_fn"](model(ids), kind)
            loss.backward()
            return loss

        loss = closure()
        setup["optimizer"].step(closure)
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    ids, kind = setup["test"]
    return (setup["model"](ids).argmax(1) != kind).float().mean().item()
