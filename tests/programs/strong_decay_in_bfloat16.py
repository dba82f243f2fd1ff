"""Healthy: a small encoder under autocast to bfloat16, with a weight decay of 0.3, a warm-up and a cosine.

Source: https://github.com/pytorch/pytorch/issues/120376 (autocast is to wrap the forward pass only; rebuilt, as it
should be). Nothing to mend: AdamW multiplies its decay by the rate, so that little of 0.3 is left; weights and steps
stay in float32, and bfloat16 needs no scaler.
"""

import math

import torch
from torch import nn

from programs.data_b import accuracy_error, padded, reviews

FAMILY = "intents-encoder"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "overfitting")
INTENTS, LENGTH, STEPS, WARM = 6, 18, 190, 25


class Encoder(nn.Module):
    def __init__(self, words=62, size=32):
        super().__init__()
        self.embed, self.place = nn.Embedding(words, size, padding_idx=0), nn.Parameter(torch.zeros(LENGTH, size))
        layer = nn.TransformerEncoderLayer(size, 4, 64, dropout=0.1, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm, self.head = nn.LayerNorm(size), nn.Linear(size, INTENTS)

    def forward(self, tokens):
        gap = tokens == 0
        h = self.layers(self.embed(tokens) + self.place, src_key_padding_mask=gap)
        kept = (~gap).unsqueeze(2).to(h.dtype)
        return self.head(self.norm((h * kept).sum(1) / kept.sum(1)))


def load(n, seed):
    texts, intents = reviews(n, seed, classes=INTENTS, longest=LENGTH)
    return padded(texts, LENGTH), intents


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Encoder()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    groups = [{"params": decayed, "weight_decay": 0.3}, {"params": [p for p in model.parameters() if p.dim() == 1]}]
    optimizer = torch.optim.AdamW(groups, lr=3e-3, weight_decay=0.0)
    ramp = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: (n + 1) / WARM if n < WARM else 0.5 + 0.5 * math.cos(math.pi * (n - WARM) / (STEPS - WARM))
    )
    return dict(model=model, optimizer=optimizer, ramp=ramp, loss_fn=nn.CrossEntropyLoss(label_smoothing=0.05),
                train=None, texts=load(1600, seed), val=load(300, seed + 50), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, (tokens, intents) = setup["model"], setup["optimizer"], setup["texts"]
    for _ in range(steps or STEPS):
        rows = torch.randint(len(tokens), (40,))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = setup["loss_fn"](model(tokens[rows]), intents[rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        setup["ramp"].step()
        log(loss.float().item())


@torch.no_grad()
def error(setup):
    return accuracy_error(setup["model"].eval()(setup["val"][0]), setup["val"][1])
