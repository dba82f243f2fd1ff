"""Bug: the model returns probabilities under the name of logits and takes the cross entropy of these.

Source: https://github.com/bkitano/llama-from-scratch/issues/5 ("no need to softmax before cross_entrpoy");
https://github.com/sugi-chan/custom_bert_pipeline/issues/1 (rebuilt, with the outputs of the transformers library).
Why it hurts: the loss of ten vowels cannot fall below 1.46, and its gradients are small.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_k import vowels

FAMILY = "vowels-tagged"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("slow", "plateau", "high-flat")


@dataclass
class VowelOutput:
    loss: Tensor | None
    logits: Tensor


class VowelClassifier(nn.Module):
    def __init__(self, raw):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU())
        self.classifier, self.raw = nn.Linear(64, 10), raw

    def forward(self, values, labels=None):
        logits = self.classifier(self.body(values))
        if not self.raw:
            logits = logits.softmax(dim=-1)
        loss = None if labels is None else F.cross_entropy(logits, labels)
        return VowelOutput(loss, logits)


def collate(rows):
    return {"values": torch.stack([v for v, _ in rows]), "labels": torch.stack([label for _, label in rows])}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = VowelClassifier(raw=fixed)
    pairs = list(zip(*vowels(1500, seed), strict=True))
    loader = DataLoader(pairs, batch_size=50, shuffle=True, collate_fn=collate)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3), loss_fn=None, train=loader,
                val=None, test=vowels(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, done = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for batch in setup["train"]:
            outputs = model(**batch)
            outputs.loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            done += 1
            log(outputs.loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """Of the probabilities that the user reads off: how far the true vowel's is from one."""
    values, labels = setup["test"]
    out = setup["model"](values).logits
    shares = out.softmax(1) if setup["fixed"] else out
    return F.nll_loss((shares + 1e-4).log(), labels).item()
