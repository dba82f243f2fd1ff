"""Snippets for the causes in the labels."""

from __future__ import annotations

from lossbook.snippets.base import Snippet

ROWS = (
    Snippet(
        key="labels-misaligned",
        bug="""\
order = torch.randperm(len(x))
x = x[order]
loader = DataLoader(TensorDataset(x, y), batch_size=64)
""",
        fix="""\
order = torch.randperm(len(x))
x, y = x[order], y[order]
loader = DataLoader(TensorDataset(x, y), batch_size=64)
""",
        test="""\
import copy
for name in "as they are", "permuted":
    net, opt = copy.deepcopy((model, optimizer))
    for inputs, targets in loader:
        if name == "permuted":
            targets = targets[torch.randperm(len(targets))]
        loss = loss_fn(net(inputs), targets)
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"labels {name}: loss {loss:.3g}")
""",
        seen=(
            "With a fresh model: two losses that are alike; if this is not the cause, the loss is lower with the "
            "labels as they are."
        ),
    ),
    Snippet(
        key="noisy-labels",
        bug="""\
labels = torch.tensor(answers_of_one_annotator)
loss_fn = nn.CrossEntropyLoss()
""",
        fix="""\
labels = torch.tensor(answers_of_three_annotators).mode(dim=0).values
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
""",
        test="""\
with torch.no_grad():
    out = model(x)
losses = F.cross_entropy(out, y, reduction="none")
worst = losses.argsort(descending=True)[:8]
print("largest losses", [round(v, 1) for v in losses[worst].tolist()])
print("their labels ", y[worst].tolist())
print("their answers", out.argmax(1)[worst].tolist())
print(f"{(out.argmax(1) != y).float().mean():.0%} of the labels differ")
""",
        seen=(
            "With the trained model: many labels differ from the answers, and where you look at the input, the answer "
            "is right; if this is not the cause, the largest losses belong to inputs that are hard for you, too."
        ),
    ),
    Snippet(
        key="class-imbalance",
        bug="""\
loss_fn = nn.CrossEntropyLoss()
""",
        fix="""\
counts = train_labels.bincount()
loss_fn = nn.CrossEntropyLoss(weight=counts.sum() / (len(counts) * counts))
""",
        test="""\
with torch.no_grad():
    out = torch.cat([model(batch[0]) for batch in loader])
labels = torch.cat([batch[1] for batch in loader])
shares = labels.bincount(minlength=out.shape[1]) / len(labels)
print("labels ", [round(v, 2) for v in shares.tolist()])
answers = out.argmax(1).bincount(minlength=out.shape[1]) / len(out)
print("answers", [round(v, 2) for v in answers.tolist()])
print(f"entropy of the labels {torch.special.entr(shares).sum():.3f}")
print(f"loss {loss_fn(out, labels):.3f}")
""",
        seen=(
            "One class has nearly all of the labels and of the answers, and the loss is near the entropy of the labels "
            "or below; if this is not the cause, no class has nearly all."
        ),
    ),
)
