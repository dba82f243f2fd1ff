"""Bug: the step of a message passing net is a function that calls backward() and step(); nothing clears the gradients.

Source: https://github.com/yueliu1999/HSAN/issues/6 ("zero_grad() is not used. The model is not converging"; rebuilt,
with graphs of gates).
Why it hurts: every step follows the sum of all gradients since the beginning.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_g import circuits

FAMILY = "circuits-mpnn"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "non-finite")


class Rounds(nn.Module):
    """Three rounds in which a gate hears from the gates that it is wired to."""

    def __init__(self, kinds=4, width=32, rounds=3):
        super().__init__()
        self.embed = nn.Embedding(kinds, width)
        self.messages = nn.ModuleList(nn.Linear(width, width) for _ in range(rounds))
        self.updates = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(rounds))
        self.out = nn.Linear(width, 1)

    def forward(self, kind, wires):
        h = self.embed(kind)
        for message, update in zip(self.messages, self.updates, strict=True):
            heard = wires @ F.relu(message(h)) / 3
            h = h + F.relu(update(torch.cat([h, heard], dim=-1)))
        return self.out(h.mean(dim=1))[:, 0]


def make_step(model, optimizer, clear):
    def step(kind, wires, slow):
        model.train()
        if clear:
            optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(kind, wires), slow)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Rounds()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    kind, wires, delay = circuits(1500, seed)
    data = (kind, wires, (delay > -0.4).float())
    return dict(model=model, optimizer=optimizer, loss_fn=F.binary_cross_entropy_with_logits, fixed=fixed,
                train=[part[:1200] for part in data], val=[part[1200:] for part in data],
                step=make_step(model, optimizer, fixed), order=torch.Generator().manual_seed(seed))  # fmt: skip


def train(setup, log, steps=None):
    for n in range(360 if steps is None else steps):
        if n % 24 == 0:
            batches = torch.randperm(1200, generator=setup["order"]).split(50)
        chosen = batches[n % 24]
        log(setup["step"](*(part[chosen] for part in setup["train"])))


@torch.no_grad()
def error(setup):
    kind, wires, slow = setup["val"]
    return ((setup["model"](kind, wires) > 0) != (slow > 0)).float().mean().item()
