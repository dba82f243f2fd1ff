"""Bug: the step of a text CNN is a closure made once; it computes, goes back and steps, and never clears.

Source: https://github.com/FreedomIntelligence/TextClassificationBenchmark/issues/20 ("why [...] not use
optimizer.zero_grad in each training step?"; rebuilt). Why it hurts: each step goes along the sum of all gradients.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_h import complaints

FAMILY = "tickets-kim"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "slow", "non-finite")


class KimCNN(nn.Module):
    def __init__(self, vocab=62, dim=24, filters=16, classes=4):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(dim, filters, width, padding=width // 2) for width in (1, 2, 3)])
        self.dropout, self.out = nn.Dropout(0.2), nn.Linear(3 * filters, classes)

    def forward(self, ids):
        x = self.embed(ids).transpose(1, 2)
        pooled = [F.relu(conv(x)).amax(2) for conv in self.convs]
        return self.out(self.dropout(torch.cat(pooled, 1)))


def make_step(model, optimizer, clear):
    def step(ids, kind):
        model.train()
        loss = F.cross_entropy(model(ids), kind)
        loss.backward()
        optimizer.step()
        if clear:
            optimizer.zero_grad()
        return loss.detach()

    return step


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = KimCNN()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    loader = DataLoader(TensorDataset(*complaints(1600, seed)), batch_size=40, shuffle=True)
    step = make_step(model, optimizer, clear=fixed)
    return dict(model=model, optimizer=optimizer, loss_fn=F.cross_entropy, train=loader, val=None, step=step,
                test=complaints(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(6):
        for ids, kind in setup["train"]:
            log(setup["step"](ids, kind))
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    ids, kind = setup["test"]
    return (setup["model"].eval()(ids).argmax(1) != kind).float().mean().item()
