"""Bug: in the loop over the batches there is a backward and a step, and nothing that clears the gradients.

Source: https://stats.stackexchange.com/questions/376851 (an LSTM on a simple series: "I can't figure out why it trains
so badly"; the loop there has a backward and a step only; rebuilt).
Why it hurts: every step follows the sum of all gradients since the beginning, most of them long out of date.
"""

import torch
import torch.nn as nn

from programs.data_t import meltwater

FAMILY = "meltwater-lstm"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "high-flat", "plateau", "spiking")

HIDDEN = 24
LEARNING_RATE = 0.005
BATCH = 40


class BrookLSTM(nn.Module):
    def __init__(self, input_size=2, hidden_size=HIDDEN):
        super().__init__()
        self.hidden_size = hidden_size
        self.lstm = nn.LSTM(input_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x):
        h0 = torch.zeros(1, x.size(0), self.hidden_size)
        c0 = torch.zeros(1, x.size(0), self.hidden_size)
        out, _ = self.lstm(x, (h0, c0))
        return self.fc(out[:, -1, :]).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BrookLSTM()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    return {"model": model, "optimizer": optimizer, "loss_fn": nn.MSELoss(), "train": meltwater(1600, seed),
            "val": meltwater(400, seed + 500), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    x_train, y_train = setup["train"]
    n_steps = 0
    for _epoch in range(12):
        perm = torch.randperm(x_train.size(0))
        for i in range(0, x_train.size(0), BATCH):
            idx = perm[i : i + BATCH]
            outputs = model(x_train[idx])
            loss = criterion(outputs, y_train[idx])
            if setup["fixed"]:
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n_steps += 1
            log(loss.item())
            if n_steps == steps:
                return


def error(setup):
    with torch.no_grad():
        x, y = setup["val"]
        return setup["loss_fn"](setup["model"](x), y).item()
