"""Healthy: a small BERT; a sixth of the words is hidden and guessed, all other places have the label -100.

Source: https://huggingface.co/docs/transformers/tasks/masked_language_modeling (labels of -100; no thread).
Why it looks ill: most labels count for nothing, and the loss ends near 0.5, as many words cannot be known.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from programs.data_c import sentences

FAMILY = "masked-language"
ACCEPT = ()
SYMPTOMS = ("healthy",)
LENGTH, STEPS = 10, 200


class Bert(nn.Module):
    def __init__(self, vocabulary, dim=32):
        super().__init__()
        self.word, self.place = nn.Embedding(vocabulary, dim), nn.Embedding(LENGTH, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, 64, 0.0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, nn.LayerNorm(dim), enable_nested_tensor=False)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        for table in (self.word, self.place):
            nn.init.normal_(table.weight, std=0.05)

    def forward(self, ids):
        h = self.encoder(self.word(ids) + self.place.weight)
        return h @ self.word.weight.T + self.bias


class Masking:
    """A collator: hides words in 8 of 10 cases, exchanges or keeps them in the others."""

    def __init__(self, mask, pad, share=1 / 6):
        self.mask, self.pad, self.share = mask, pad, share

    def __call__(self, rows):
        ids = torch.stack(rows)
        chosen = (torch.rand(ids.shape) < self.share) & (ids != self.pad)
        labels = torch.where(chosen, ids, -100)
        dice = torch.rand(ids.shape)
        other = torch.randint(self.mask, ids.shape)
        ids = torch.where(chosen & (dice < 0.8), self.mask, ids)
        return {"input_ids": torch.where(chosen & (dice > 0.9), other, ids), "labels": labels}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    words, vocabulary = sentences(2500, seed)
    number = {word: i for i, word in enumerate(vocabulary)}
    lines = [line.split() for line in " ".join(words).split(" .")[:-1]]
    rows = torch.tensor([[number[word] for word in (line + LENGTH * ["."])[:LENGTH]] for line in lines])
    model = Bert(len(vocabulary) + 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3, weight_decay=0.01)
    schedule = LambdaLR(optimizer, lambda i: min((i + 1) / 30, (STEPS - i) / (STEPS - 30)))
    hide = Masking(len(vocabulary), number["."])
    loader = DataLoader(list(rows), batch_size=24, shuffle=True, drop_last=True, collate_fn=hide)
    return dict(model=model, optimizer=optimizer, schedule=schedule, loss_fn=nn.CrossEntropyLoss(ignore_index=-100),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, i = setup["model"], setup["optimizer"], 0
    while True:
        for batch in setup["train"]:
            logits = model(batch["input_ids"])
            loss = setup["loss_fn"](logits.flatten(0, 1), batch["labels"].flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            setup["schedule"].step()
            optimizer.zero_grad()
            log(loss.item())
            i += 1
            if i in (steps, STEPS):
                return
