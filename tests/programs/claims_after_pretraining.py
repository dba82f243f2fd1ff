"""Bug: after the pretrained encoder is loaded, `apply(init_weights)` goes over the whole model, not over the new head.

Source: https://github.com/huggingface/picotron/issues/32 ("we call `init_model_parameters` after `load_state_dict`. It
will overwrite weights from checkpoint"; rebuilt). Why it hurts: the short, slow fine-tuning starts from nothing.
"""

import torch
from torch import nn

from programs.data_h import complaints

FAMILY = "claims-finetune"
ACCEPT = ("weights-not-loaded",)
SYMPTOMS = ("slow", "high-flat", "plateau")


class Encoder(nn.Module):
    def __init__(self, vocab=62, dim=48):
        super().__init__()
        self.embeddings = nn.Embedding(vocab, dim, padding_idx=0)
        layer = nn.TransformerEncoderLayer(dim, 4, 96, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)

    def forward(self, ids):
        pad = ids == 0
        h = self.layers(self.embeddings(ids), src_key_padding_mask=pad).masked_fill(pad.unsqueeze(-1), 0)
        return h.sum(1) / (~pad).sum(1, keepdim=True)


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.encoder, self.classifier = Encoder(), nn.Linear(48, classes)

    def forward(self, ids):
        return self.classifier(self.encoder(ids))


def init_weights(module):
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)


def fit(model, x, y, lr, steps, log=lambda loss: None, optimizer=None):
    optimizer = optimizer or torch.optim.AdamW(model.parameters(), lr=lr)
    for _ in range(steps):
        rows = torch.randint(len(x), (32,))
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    first = Classifier(4)
    fit(first, *complaints(2000, seed + 3000), lr=3e-3, steps=100)
    model = Classifier(2)
    if fixed:
        model.apply(init_weights)
    model.encoder.load_state_dict(first.encoder.state_dict())
    if not fixed:
        model.apply(init_weights)
    head, rest = model.classifier.parameters(), model.encoder.parameters()
    optimizer = torch.optim.AdamW([{"params": rest, "lr": 1.5e-5}, {"params": head, "lr": 1e-3}])
    x, kind = complaints(600, seed)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.functional.cross_entropy, train=(x, kind % 2), val=None,
                test=complaints(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    fit(setup["model"], *setup["train"], lr=None, steps=150 if steps is None else steps, log=log,
        optimizer=setup["optimizer"])  # fmt: skip


@torch.no_grad()
def error(setup):
    ids, kind = setup["test"]
    return (setup["model"](ids).argmax(1) != kind % 2).float().mean().item()
