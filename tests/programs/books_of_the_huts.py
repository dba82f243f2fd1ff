"""Bug: the entries stand hut after hut in the table, and the loader goes through them as they stand.

Source: https://blog.dailydoseofds.com/p/why-is-it-important-to-shuffle-your ("If your data is ordered by labels, this
could negatively impact the model's convergence"; rebuilt).
Why it hurts: for a while there is only one hut; the net says this one whatever it reads, and forgets the others.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_t import hut_books

FAMILY = "hutbook-embeddingbag"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("spiking", "oscillating", "healthy", "plateau", "too-good")


class TextClassificationModel(nn.Module):
    def __init__(self, vocab_size, embed_dim, num_class):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim)
        self.fc = nn.Linear(embed_dim, num_class)
        self.init_weights()

    def init_weights(self):
        initrange = 0.5
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.fc.weight.data.uniform_(-initrange, initrange)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


def collate_batch(batch):
    texts, labels = zip(*batch, strict=True)
    offsets = torch.tensor([0] + [len(text) for text in texts[:-1]]).cumsum(0)
    return torch.cat(texts), offsets, torch.stack(labels)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    entries = list(zip(*hut_books(2000, seed), strict=True))
    held_out = list(zip(*hut_books(500, seed + 500), strict=True))
    model = TextClassificationModel(90, 16, 5)
    return dict(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=2.0),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(entries, batch_size=16, shuffle=fixed, collate_fn=collate_batch),
        val=DataLoader(held_out, batch_size=250, collate_fn=collate_batch),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, done = setup["model"], 0
    for _epoch in range(6):
        model.train()
        for text, offsets, label in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(text, offsets), label)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    found = [setup["loss_fn"](setup["model"](text, offsets), label).item() for text, offsets, label in setup["val"]]
    return sum(found) / len(found)
