"""Bug: the RNN wants (time, batch, features), and the batch is brought into this form by view, not by transpose.

Source: https://discuss.pytorch.org/t/lstm-change-batch-first-true-loss-does-not-decrease/62364 (the order of the axes
of an LSTM; rebuilt with view).
Why it hurts: what the net takes for one whistle is made of pieces of several; the labels belong to none of them.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import whistles

FAMILY = "whistles-rnn"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class WhistleRNN(nn.Module):
    def __init__(self, hidden_dim=32, n_layers=1, use_view=True):
        super().__init__()
        self.hidden_dim, self.n_layers, self.use_view = hidden_dim, n_layers, use_view
        self.rnn = nn.RNN(2, hidden_dim, n_layers)
        self.fc = nn.Linear(hidden_dim, 4)

    def forward(self, x):
        batch_size, seq_len, n_features = x.shape
        x = x.view(seq_len, batch_size, n_features) if self.use_view else x.transpose(0, 1)
        hidden = torch.zeros(self.n_layers, batch_size, self.hidden_dim)
        out, hidden = self.rnn(x, hidden)
        return self.fc(out[-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = WhistleRNN(use_view=not fixed)
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=2e-3),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": DataLoader(TensorDataset(*whistles(1600, seed)), batch_size=32, shuffle=True),
        "val": whistles(400, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, criterion, optimizer = setup["model"], setup["loss_fn"], setup["optimizer"]
    total = 0
    for _epoch in range(8):
        for sound, signal in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(sound), signal)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total += 1
            log(loss.item())
            if total == steps:
                return


@torch.no_grad()
def error(setup):
    sound, signal = setup["val"]
    return setup["loss_fn"](setup["model"](sound), signal).item()
