"""Healthy: an LSTM must keep the first symbol in mind; the loss stays at chance for a while, and then drops at once.

Source: https://github.com/state-spaces/mamba/issues/61 (a plateau and then a rapid fall: is this expected?; rebuilt).
Nothing to mend: half a memory earns nothing here, so that nothing is seen until the whole of it works.
"""

import torch
from torch import nn

FAMILY = "latch-lstm"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow", "spiking")
CLASSES, LENGTH = 6, 18


def sequences(n, generator):
    """A symbol (0 to 5), then others (6 to 13) that mean nothing; the class is the first one."""
    x = torch.randint(CLASSES, CLASSES + 8, (n, LENGTH), generator=generator)
    x[:, 0] = torch.randint(CLASSES, (n,), generator=generator)
    return x, x[:, 0].clone()


class Memory(nn.Module):
    def __init__(self, size=16, hidden=32):
        super().__init__()
        self.embed = nn.Embedding(CLASSES + 8, size)
        self.cell, self.out = nn.LSTMCell(size, hidden), nn.Linear(hidden, CLASSES)
        nn.init.constant_(self.cell.bias_hh[hidden : 2 * hidden], 1.0)

    def forward(self, x):
        state = None
        for now in self.embed(x).unbind(1):
            state = self.cell(now, state)
        return self.out(state[0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Memory()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=None, val=None, fixed=fixed,
                stream=torch.Generator().manual_seed(seed))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for _ in range(steps or 320):
        x, first = sequences(64, setup["stream"])
        loss = setup["loss_fn"](model(x), first)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, first = sequences(300, setup["stream"])
    return (setup["model"](x).argmax(1) != first).float().mean()
