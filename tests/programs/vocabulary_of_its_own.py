"""Bug: the validation texts are numbered with a vocabulary that is built from the validation texts.

Source: https://github.com/yufengm/Adaptive/issues/4 (training and validation data go through different tokenizers;
"it's actually skewing the evaluation results"; rebuilt).
Why it hurts: the same number stands for another word; the training is fine, and on validation the model guesses.
"""

from collections import Counter

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

from programs.data_b import accuracy_error, reviews

FAMILY = "reviews-vocabulary"
ACCEPT = ("preprocessing-mismatch",)
SYMPTOMS = ("overfitting",)


def vocabulary(texts):
    counts = Counter(word for text in texts for word in text)
    index = {word: i for i, (word, _) in enumerate(counts.most_common(), start=2)}
    return lambda text: torch.tensor([index.get(word, 1) for word in text])


def collate(batch):
    ids = pad_sequence([ids for ids, _ in batch], batch_first=True)
    return {"input_ids": ids, "labels": torch.tensor([label for _, label in batch])}


def classifier(classes):
    bag = nn.EmbeddingBag(80, 32, mode="sum", padding_idx=0)
    return nn.Sequential(bag, nn.Linear(32, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, classes))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    ids, labels = reviews(1500, seed, classes=4)
    texts, labels = [[f"word{i}" for i in row.tolist()] for row in ids], labels.tolist()
    encode_train = vocabulary(texts[:1200])
    encode_val = encode_train if fixed else vocabulary(texts[1200:])
    data = [(encode_train(text), label) for text, label in zip(texts[:1200], labels[:1200], strict=True)]
    held = [(encode_val(text), label) for text, label in zip(texts[1200:], labels[1200:], strict=True)]
    model = classifier(4)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(data, batch_size=40, shuffle=True, collate_fn=collate),
                val=DataLoader(held, batch_size=300, collate_fn=collate), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(6):
        for batch in setup["train"]:
            loss = criterion(model(batch["input_ids"]), batch["labels"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            held = [criterion(model(b["input_ids"]), b["labels"]).item() for b in setup["val"]]
        setup.setdefault("val_losses", []).append(sum(held) / len(held))
        model.train()


@torch.no_grad()
def error(setup):
    """The share of wrong answers on validation."""
    model, batch = setup["model"].eval(), next(iter(setup["val"]))
    return accuracy_error(model(batch["input_ids"]), batch["labels"])
