"""Bug: a small network for melodies is trained by RMSprop with a rate of 0.1.

Source: https://forums.fast.ai/t/stability-of-lstm-training-in-lesson-4/10961 ("It means your LR is too high at that
part of the training"; rebuilt). Why it hurts: the first steps throw the gates against their ends.
"""

import torch
import torch.nn as nn

from programs.data_h import melody

FAMILY = "notes-rnn"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "diverging", "plateau", "spiking", "slow")

# %% hyperparameters
SEQ_LEN = 16
BATCH = 25
EMBED = 16
HIDDEN = 56


# %% model
class MelodyRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.note = nn.Embedding(24, EMBED)
        self.lstm = nn.LSTM(EMBED, HIDDEN, num_layers=2)
        self.fc = nn.Linear(HIDDEN, 24)

    def forward(self, x):
        out, _ = self.lstm(self.note(x))
        return self.fc(out)


# %% data: (time, batch), as nn.LSTM wants it
def cut(notes):
    n = (len(notes) - 1) // SEQ_LEN
    x = notes[: n * SEQ_LEN].view(n, SEQ_LEN)
    y = notes[1 : n * SEQ_LEN + 1].view(n, SEQ_LEN)
    return x, y


def build(seed, fixed=False):
    torch.manual_seed(seed)
    rnn = MelodyRNN()
    opt = torch.optim.RMSprop(rnn.parameters(), lr=5e-3 if fixed else 0.1)
    return dict(model=rnn, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), train=cut(melody(16001, seed)), val=None,
                test=cut(melody(2001, seed + 500)), fixed=fixed)  # fmt: skip


# %% training
def train(setup, log, steps=None):
    rnn, opt, loss_fn, step = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    x, y = setup["train"]
    for _epoch in range(8):
        perm = torch.randperm(len(x))
        for i in range(0, len(x), BATCH):
            xb, yb = x[perm[i : i + BATCH]].t(), y[perm[i : i + BATCH]].t()
            opt.zero_grad()
            out = rnn(xb)
            loss = loss_fn(out.reshape(-1, 24), yb.reshape(-1))
            loss.backward()
            opt.step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return setup["loss_fn"](setup["model"](x.t()).flatten(0, 1), y.t().flatten()).item()
