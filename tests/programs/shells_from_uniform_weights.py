"""Bug: init_weights draws all weights from 0 to 1 and sets the biases to 0.01.

Source: https://github.com/rshaojimmy/MADDoG/issues/5 (init.uniform_ between 0.02 and 1 for every layer);
https://github.com/dmlc/minpy/issues/158 (weights drawn from another distribution than meant; rebuilt).
Why it hurts: the weights are all positive and large; each layer makes the sums ten times larger and nearly equal.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import shells

FAMILY = "shells-mlp"
ACCEPT = ("bad-init-scale",)
SYMPTOMS = ("high-flat", "oscillating", "diverging", "plateau", "slow", "spiking")


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.uniform_(m.weight, 0.0, 1.0)
        m.bias.data.fill_(0.01)


def xavier(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)
        m.bias.data.fill_(0.01)


class MLP(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.input_fc, self.hidden_fc = nn.Linear(n_in, n_hidden), nn.Linear(n_hidden, n_hidden)
        self.deep_fc, self.output_fc = nn.Linear(n_hidden, n_hidden), nn.Linear(n_hidden, n_out)

    def forward(self, x):
        h = torch.relu(self.hidden_fc(torch.relu(self.input_fc(x))))
        return self.output_fc(torch.relu(self.deep_fc(h)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MLP(12, 64, 6)
    model.apply(xavier if fixed else init_weights)
    loader = DataLoader(TensorDataset(*shells(1280, seed)), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=shells(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, k = setup["model"], 0
    for _epoch in range(12):
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            y_pred = model(x)
            loss = setup["loss_fn"](y_pred, y)
            loss.backward()
            setup["optimizer"].step()
            k += 1
            log(loss.item())
            if k == steps:
                return
