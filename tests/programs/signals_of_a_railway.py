"""Bug: the encoder layers are called without the causal mask, though each place is asked for the next word.

Source: https://github.com/huggingface/transformers/issues/48745 ("each position sees the tokens after it, so its label
is visible"); https://github.com/alex-matton/causal-transformer-decoder/issues/1 (rebuilt).
Why it hurts: the net copies the word that it shall foretell; at the end of a row, where there is none, it is lost.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_o import words

FAMILY = "signals-lm"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "overfitting", "healthy")


class RailLM(nn.Module):
    def __init__(self, causal, v=24, d=32, length=14):
        super().__init__()
        self.tok, self.pos = nn.Embedding(v, d), nn.Parameter(0.1 * torch.randn(length, d))
        self.layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.head = nn.Linear(d, v)
        self.causal = causal

    def forward(self, ids):
        t = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(t) if self.causal else None
        return self.head(self.layer(self.tok(ids) + self.pos[:t], src_mask=mask))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    lm = RailLM(causal=fixed)
    return dict(model=lm, optimizer=torch.optim.AdamW(lm.parameters(), lr=5e-3), loss_fn=None,
                train=words(2000, seed, 21), val=words(400, seed + 500, 21), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for step in range(300):
        rows = setup["train"][torch.randint(2000, (40,))]
        logits = setup["model"](rows[:, :-1])
        loss = F.cross_entropy(logits.transpose(1, 2), rows[:, 1:])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """The word after each beginning of five to thirteen words, as in use."""
    lm, rows = setup["model"], setup["val"]
    return sum(F.cross_entropy(lm(rows[:, :t])[:, -1], rows[:, t]).item() for t in range(5, 14)) / 9
