"""Bug: a character RNN; the update by hand of the tutorial was changed to optimizer.step(), and zero_grad() was lost.

Source: https://github.com/spro/practical-pytorch/issues/21 (the same change: "the results are very bad. most of
the results are predicted wrong"; rebuilt, with the one line missing).
Why it hurts: each step goes along the sum of the gradients of all names so far, further and further.
"""

import torch
from torch import nn

from programs.data_j import names

FAMILY = "char-names"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "high-flat", "plateau", "non-finite")


class RNN(nn.Module):
    def __init__(self, input_size=16, hidden_size=32, output_size=5):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, line):
        hidden = torch.zeros(1, self.hidden_size)
        for letter in line:
            hidden = torch.tanh(self.i2h(torch.cat((letter, hidden), 1)))
        return self.softmax(self.h2o(hidden))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    lines, category = names(300, seed)
    tensors = [nn.functional.one_hot(line, 16).float().unsqueeze(1) for line in lines]
    rnn = RNN()
    optimizer = torch.optim.SGD(rnn.parameters(), lr=0.03)
    return dict(model=rnn, optimizer=optimizer, loss_fn=nn.NLLLoss(), train=(tensors, category), val=None,
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    rnn, optimizer, (lines, category) = setup["model"], setup["optimizer"], setup["train"]
    for _iteration in range(steps or 900):
        pick = int(torch.randint(len(lines), (1,), generator=setup["generator"]))
        if setup["fixed"]:
            optimizer.zero_grad()
        output = rnn(lines[pick])
        loss = setup["loss_fn"](output, category[pick : pick + 1])
        loss.backward()
        optimizer.step()
        log(loss.item())
