"""Bug: the recurrent layer of a language model is bidirectional.

Source: https://github.com/sherjilozair/char-rnn-tensorflow/pull/64 ("the RNN has seen the future while predicting the
next character"; quite good perplexity, useless predictions; rebuilt).
Why it hurts: the way back brings the next letter to each place; the loss goes to zero and no text can be written with
it.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import novel

FAMILY = "novel-lstm"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")
BPTT, BATCH = 32, 16


class CharRNN(nn.Module):
    def __init__(self, vocab, bidirectional, hidden=64):
        super().__init__()
        self.embed = nn.Embedding(vocab, 24)
        self.rnn = nn.LSTM(24, hidden, batch_first=True, bidirectional=bidirectional)
        self.decoder = nn.Linear(hidden * (2 if bidirectional else 1), vocab)

    def forward(self, ids):
        output, _ = self.rnn(self.embed(ids))
        return self.decoder(output)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(2500, seed)
    held, codes = codes[-1500:], codes[:-1500]
    model = CharRNN(len(letters), bidirectional=not fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=6e-3), loss_fn=None,
                criterion=F.cross_entropy, train=None, codes=codes, val=None, held=held, fixed=fixed)  # fmt: skip


def get_batch(codes):
    starts = torch.randint(len(codes) - BPTT - 1, (BATCH,)).tolist()
    rows = torch.stack([codes[i : i + BPTT + 1] for i in starts])
    return rows[:, :-1], rows[:, 1:]


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for it in range(1, (steps or 180) + 1):
        x, y = get_batch(setup["codes"])
        logits = model(x)
        loss = setup["criterion"](logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss.item())
        if it % 60 == 0:
            setup["progress"] = f"iter {it}: loss {loss.item():.3f}, perplexity {loss.exp().item():.2f}"


@torch.no_grad()
def error(setup):
    """The loss at the last letter of a context, as it is when one writes on."""
    windows = setup["held"].unfold(0, 25, 5)
    return float(F.cross_entropy(setup["model"](windows[:, :-1])[:, -1], windows[:, -1]))
