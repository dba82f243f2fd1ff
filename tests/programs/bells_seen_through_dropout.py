"""Bug: dropout=0.9 between the layers of an LSTM and before its head, on the word of a blog about overfitting.

Source: https://github.com/AFAgarap/malware-classification/issues/37 ("Why 0.85 dropout?" - "an arbitrary value");
https://github.com/bonlime/keras-deeplab-v3-plus/issues/4 ("I believe it should be: Dropout(0.1)"; rebuilt).
Why it hurts: a tenth of the units is left, and another tenth at each step; hardly anything gets through.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import anvils

FAMILY = "bells-gru"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class BellLSTM(nn.Module):
    def __init__(self, dropout, hidden=32, bells=5):
        super().__init__()
        self.lstm = nn.LSTM(8, hidden, num_layers=2, batch_first=True, dropout=dropout)
        self.drop = nn.Dropout(dropout)
        self.fc1, self.fc2 = nn.Linear(hidden, hidden), nn.Linear(hidden, bells)

    def forward(self, sound):
        _, (h, _) = self.lstm(sound.view(len(sound), -1, 8))
        return self.fc2(self.drop(torch.relu(self.fc1(self.drop(h[-1])))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BellLSTM(dropout=0.1 if fixed else 0.9)
    loader = DataLoader(TensorDataset(*anvils(1280, seed)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=anvils(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, counter = setup["model"], 0
    for _e in range(8):
        model.train()
        for inputs, labels in setup["train"]:
            counter += 1
            model.zero_grad()
            output = model(inputs)
            loss = setup["loss_fn"](output, labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5)
            setup["optimizer"].step()
            log(loss.item())
            if counter == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"].eval()(x), y).item()
