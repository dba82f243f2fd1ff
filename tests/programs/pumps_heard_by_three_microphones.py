"""Bug: the batch (N, T, C) is brought into the order (T, N, C) of the LSTM by view, not by a transpose.

Source: https://discuss.pytorch.org/t/lstm-change-batch-first-true-loss-does-not-decrease/62364 (rebuilt).
Why it hurts: view cuts the numbers anew; each sequence is made of pieces of many pumps.
"""

import torch
import torch.nn as nn

from programs.data_o import traces

FAMILY = "microphones-lstm"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("high-flat", "plateau", "slow", "overfitting")


class PumpLSTM(nn.Module):
    def __init__(self, hidden=24, by_view=True):
        super().__init__()
        self.by_view = by_view
        self.lstm = nn.LSTM(3, hidden)
        self.classify = nn.Linear(hidden, 4)

    def forward(self, x):
        n, t, c = x.shape
        x = x.view(t, n, c) if self.by_view else x.transpose(0, 1)
        states, _ = self.lstm(x)
        return self.classify(states.mean(0))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PumpLSTM(by_view=not fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01), loss_fn=nn.CrossEntropyLoss(),
                train=traces(1280, seed, 14), val=traces(320, seed + 500, 14), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for step in range(240):
        ids = torch.randint(0, len(x), (40,))
        loss = setup["loss_fn"](setup["model"](x[ids]), y[ids])
        setup["optimizer"].zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(setup["model"].parameters(), 1.0)
        setup["optimizer"].step()
        log(loss.item())
        if step + 1 == steps:
            break


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
