"""Bug: the second attention of the decoder takes its keys and values from the decoder itself, not from the encoder.

Source: https://github.com/keitakurita/Practical_NLP_in_PyTorch/issues/1 ("decoder block does not use encoder output
for keys and values", `queries=att, keys=x, values=x`; rebuilt).
Why it hurts: the decoder never sees the word that it is to pronounce; it can only guess the sounds one by one.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_u import spellings

FAMILY = "dictionary-seq2seq"
ACCEPT = ("input-ignored",)
SYMPTOMS = ("high-flat", "plateau")

BOS, LETTERS, LENGTH, D = 12, 12, 6, 48


class DecoderBlock(nn.Module):
    def __init__(self, fixed):
        super().__init__()
        self.fixed = fixed
        self.self_attn, self.norm1 = nn.MultiheadAttention(D, 4, batch_first=True), nn.LayerNorm(D)
        self.attn_head, self.norm2 = nn.MultiheadAttention(D, 4, batch_first=True), nn.LayerNorm(D)
        self.ff, self.norm3 = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, D)), nn.LayerNorm(D)

    def forward(self, x, enc_out):
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        att = self.norm1(x + self.self_attn(x, x, x, attn_mask=mask)[0])
        out = self.attn_head(att, enc_out, enc_out)[0] if self.fixed else self.attn_head(att, x, x, attn_mask=mask)[0]
        att = self.norm2(att + out)
        return self.norm3(att + self.ff(att))


class Speaker(nn.Module):
    def __init__(self, fixed):
        super().__init__()
        self.src, self.tgt, self.pos = nn.Embedding(LETTERS, D), nn.Embedding(LETTERS + 1, D), nn.Embedding(LENGTH, D)
        self.encoder = nn.TransformerEncoderLayer(D, 4, 96, dropout=0.0, batch_first=True)
        self.decoder, self.out = DecoderBlock(fixed), nn.Linear(D, LETTERS)

    def forward(self, word, sounds):
        place = self.pos(torch.arange(LENGTH))
        started = torch.cat([torch.full((len(sounds), 1), BOS), sounds[:, :-1]], dim=1)
        return self.out(self.decoder(self.tgt(started) + place, self.encoder(self.src(word) + place)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Speaker(fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*spellings(2500, seed)), batch_size=50, shuffle=True), val=None,
                test=spellings(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for step, (word, sounds) in enumerate(batch for _ in range(6) for batch in setup["train"]):
        if step == steps:
            return
        loss = setup["loss_fn"](setup["model"](word, sounds).transpose(1, 2), sounds)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    word, sounds = setup["test"]
    return setup["loss_fn"](setup["model"](word, sounds).transpose(1, 2), sounds).item()
