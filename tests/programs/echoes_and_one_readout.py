"""Healthy: an echo state network; its recurrent weights are drawn once and never trained, only the readout is.

Source: https://github.com/ai2cm/fv3net/pull/2085 ("the reservoir (which is frozen and untrained) and the readout (which
is trained)"; no thread). Why it looks ill: nearly all weights are frozen, and the state is made under no_grad.
"""

import torch
from torch import nn

from programs.data_f import tides

FAMILY = "echo-state"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class EchoState(nn.Module):
    def __init__(self, size=80, radius=0.9):
        super().__init__()
        recurrent = torch.randn(size, size) * (torch.rand(size, size) < 0.15)
        recurrent *= radius / torch.linalg.eigvals(recurrent).abs().max()
        self.recurrent = nn.Parameter(recurrent, requires_grad=False)
        self.enter = nn.Parameter(torch.rand(size, 1) - 0.5, requires_grad=False)
        self.readout = nn.Linear(size, 3)

    @torch.no_grad()
    def states(self, series):
        state = torch.zeros(len(series), self.recurrent.shape[0])
        for level in series.unbind(1):
            state = torch.tanh(level[:, None] @ self.enter.T + state @ self.recurrent.T)
        return state

    def forward(self, series):
        return self.readout(self.states(series))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = EchoState()
    pieces = tides(1500, seed).unfold(0, 39, 2)
    data = torch.utils.data.TensorDataset(pieces[:600, :36], pieces[:600, 36:])
    trainable = (p for p in model.parameters() if p.requires_grad)
    return dict(model=model, optimizer=torch.optim.Adam(trainable, lr=1e-2), loss_fn=nn.HuberLoss(),
                train=torch.utils.data.DataLoader(data, batch_size=30, shuffle=True),
                val=(pieces[640:, :36], pieces[640:, 36:]), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for past, future in setup["train"]:
            loss = setup["loss_fn"](model(past), future)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    past, future = setup["val"]
    return setup["loss_fn"](setup["model"](past), future).item()
