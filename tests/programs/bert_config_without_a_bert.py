"""Bug: a small transformer is trained from nothing with the rate of a BERT's fine-tuning, 2e-5, and linear warm-up.

Source: https://github.com/fizyr/keras-retinanet/pull/843 ("1e-5 is too small and is good only for model fine-tuning");
https://github.com/OpenLMLab/LOMO/issues/50 (5e-5, the loss does not fall: the rate is too small; rebuilt).
Why it hurts: in so few steps such a rate hardly moves random weights.
"""

from types import SimpleNamespace

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_i import tickets

FAMILY = "tickets-bert"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("slow", "high-flat", "plateau")


class MiniBertForSequenceClassification(nn.Module):
    def __init__(self, vocab_size=64, hidden=48, layers=2, num_labels=4):
        super().__init__()
        self.word = nn.Embedding(vocab_size, hidden, padding_idx=0)
        self.position = nn.Embedding(16, hidden)
        layer = nn.TransformerEncoderLayer(hidden, 4, 2 * hidden, 0.1, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.classifier = nn.Linear(hidden, num_labels)

    def forward(self, input_ids, attention_mask, labels=None):
        h = self.word(input_ids) + self.position.weight
        h = self.encoder(h, src_key_padding_mask=attention_mask == 0)
        mask = attention_mask.unsqueeze(-1)
        logits = self.classifier((h * mask).sum(1) / mask.sum(1))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return SimpleNamespace(loss=loss, logits=logits)


def collate(rows):
    ids = torch.stack([ids for ids, _ in rows])
    return {"input_ids": ids, "attention_mask": (ids > 0).long(), "labels": torch.stack([label for _, label in rows])}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MiniBertForSequenceClassification()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3 if fixed else 2e-5, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: min((n + 1) / 20, 1.0))
    rows = list(zip(*tickets(1280, seed), strict=True))
    loader = DataLoader(rows, batch_size=32, shuffle=True, collate_fn=collate)
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=None, train=loader, val=None,
                test=collate(list(zip(*tickets(400, seed + 500), strict=True))), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, global_step = setup["model"], 0
    for _epoch in range(6):
        model.train()
        for batch in setup["train"]:
            outputs = model(**batch)
            outputs.loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            setup["optimizer"].step()
            setup["scheduler"].step()
            model.zero_grad()
            global_step += 1
            log(outputs.loss.item())
            if global_step == steps:
                return


@torch.no_grad()
def error(setup):
    return setup["model"].eval()(**setup["test"]).loss.item()
