"""Bug: the model returns F.softmax of its scores as "logits", and the loss that it makes of them itself.

Source: https://github.com/bkitano/llama-from-scratch/issues/5 ("no need to softmax before cross_entropy", with this
forward; rebuilt with a GRU).
Why it hurts: a score between 0 and 1 can say little; the loss cannot fall below the logarithm of the letters less one.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_f import verses

FAMILY = "verse-characters"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("high-flat", "plateau", "slow")
CONFIG = {"batch_size": 16, "context_window": 24, "d_model": 48}


class CharModel(nn.Module):
    def __init__(self, vocab_size, soft, config=CONFIG):
        super().__init__()
        self.soft, self.vocab_size = soft, vocab_size
        self.embedding = nn.Embedding(vocab_size, config["d_model"])
        self.gru = nn.GRU(config["d_model"], config["d_model"], batch_first=True)
        self.linear = nn.Linear(config["d_model"], vocab_size)

    def forward(self, idx, targets=None):
        x, _ = self.gru(self.embedding(idx))
        logits = self.linear(x)
        if self.soft:
            logits = F.softmax(logits, dim=-1)
        if targets is None:
            return logits
        return logits, F.cross_entropy(logits.view(-1, self.vocab_size), targets.view(-1))


def get_batches(data, generator, config=CONFIG):
    window = config["context_window"]
    ix = torch.randint(0, len(data) - window - 1, (config["batch_size"],), generator=generator)
    return (torch.stack([data[i + late : i + late + window] for i in ix.tolist()]) for late in (0, 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    text = verses(2500, seed)
    letters = sorted(set(text))
    data = torch.tensor([letters.index(one) for one in text])
    model = CharModel(len(letters), soft=not fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=None, train=None,
                val=None, data=data, generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for step in range(1, 251):
        xs, ys = get_batches(setup["data"][:-2000], setup["generator"])
        optimizer.zero_grad()
        _, loss = model(xs, targets=ys)
        loss.backward()
        optimizer.step()
        log(loss.item())
        if step == steps:
            return


@torch.no_grad()
def error(setup):
    held_out = setup["data"][-2000:]
    guess = setup["model"](held_out[None, :-1]).argmax(-1)[0]
    return (guess != held_out[1:]).float().mean().item()
