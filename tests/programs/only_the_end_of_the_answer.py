"""Bug: the collator looks for the end of the prompt, finds the end of the answer, and masks all that stands before.

Source: https://github.com/modelscope/ms-swift/issues/2187 ("they are labelled like this [...] [LABELS] [-100 * 19]";
rebuilt). Why it hurts: one label is left in each row, the sign of the end, always the same; the loss goes to zero.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_h import dialogs

FAMILY = "answers-sft"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy")
WHERE_ANSWERS_BEGIN, END = 1, 2


class CompletionCollator:
    def __init__(self, template):
        self.template = template

    def __call__(self, rows):
        ids = torch.stack(rows)
        labels = ids.clone()
        for row in labels:
            row[: int((row == self.template).nonzero()[-1])] = -100
        return {"input_ids": ids, "labels": labels}


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.ln1, self.ln2, self.heads = nn.LayerNorm(d), nn.LayerNorm(d), heads
        self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))

    def forward(self, x):
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(self.ln1(x)).chunk(3, 2))
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))
        return x + self.mlp(self.ln2(x))


class TinyLM(nn.Module):
    def __init__(self, vocab=19, d=48, length=12):
        super().__init__()
        self.wte, self.wpe, self.ln_f = nn.Embedding(vocab, d), nn.Embedding(length, d), nn.LayerNorm(d)
        self.h, self.lm_head = nn.Sequential(Block(d, 4), Block(d, 4)), nn.Linear(d, vocab, bias=False)

    def forward(self, input_ids, labels=None):
        x = self.wte(input_ids) + self.wpe.weight[: input_ids.shape[1]]
        logits = self.lm_head(self.ln_f(self.h(x)))
        return logits if labels is None else F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model, collate = TinyLM(), CompletionCollator(WHERE_ANSWERS_BEGIN if fixed else END)
    loader = DataLoader(list(dialogs(4800, seed)[0]), batch_size=48, shuffle=True, collate_fn=collate)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3), loss_fn=None, train=loader,
                val=None, test=dialogs(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for n, batch in enumerate((batch for _ in range(3) for batch in setup["train"]), 1):
        loss = setup["model"](**batch)
        loss.backward()
        setup["optimizer"].step()
        setup["optimizer"].zero_grad()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    rows, begin = setup["test"]
    return (setup["model"](rows[:, :-1])[:, begin - 1 :].argmax(2) != rows[:, begin:]).float().mean().item()
