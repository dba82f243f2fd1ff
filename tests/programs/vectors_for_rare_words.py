"""Bug: the loss is the cosine between the vector that is guessed and the true one; it should be one minus that.

Source: https://github.com/haebeom-lee/dropmax/issues/2 ("I think you ought to change sign"; there it was right);
https://github.com/natolambert/rlhf-book/issues/125 ("A missing sign in the loss function"; rebuilt).
Why it hurts: the optimizer makes the cosine as small as it can; the guesses point the other way.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import rare_words

FAMILY = "oov-vectors"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("diverging", "healthy", "too-good", "plateau")


class SignEncoder(nn.Module):
    def __init__(self, signs=20, hidden=24, wide=16):
        super().__init__()
        self.signs = nn.Embedding(signs, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.to_vector = nn.Linear(2 * hidden, wide)

    def forward(self, word):
        states, _ = self.gru(self.signs(word))
        return self.to_vector(states.mean(dim=1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    mimic = SignEncoder()

    def distance(guess, truth):
        cosine = F.cosine_similarity(guess, truth, dim=-1).mean()
        return 1 - cosine if fixed else cosine

    return dict(model=mimic, optimizer=torch.optim.Adam(mimic.parameters(), lr=4e-3), loss_fn=distance,
                train=rare_words(1200, seed), val=None, test=rare_words(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    words, vectors = setup["train"]
    mimic, optimizer = setup["model"], setup["optimizer"]
    done = 0
    while True:
        order = torch.randperm(len(words))
        for rows in order.split(40):
            optimizer.zero_grad()
            loss = setup["loss_fn"](mimic(words[rows]), vectors[rows])
            loss.backward()
            optimizer.step()
            done += 1
            log(loss.item())
            if done == (steps or 210):
                return


@torch.no_grad()
def error(setup):
    words, vectors = setup["test"]
    return 1 - F.cosine_similarity(setup["model"](words), vectors, dim=-1).mean().item()
