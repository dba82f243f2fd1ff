"""Snippets for the causes in the inputs and how they are prepared."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import TARGETS

ROWS = (
    Snippet(
        key="unscaled-inputs",
        bug="""\
images = torch.from_numpy(images).float()  # pixels from 0 to 255
loader = DataLoader(TensorDataset(images, labels), 64, shuffle=True)
""",
        fix="""\
images = torch.from_numpy(images).float() / 255
images = (images - images.mean()) / images.std()
loader = DataLoader(TensorDataset(images, labels), 64, shuffle=True)
""",
        test="""\
import copy
scaled = (x - x.mean(0)) / (x.std(0) + 1e-6)
print(f"inputs {x.min():.3g} to {x.max():.3g}, deviation {x.std():.3g}")
for name, inputs in ("as they are", x), ("standardised", scaled):
    net, opt = copy.deepcopy((model, optimizer))
    for step in range(50):
        loss = loss_fn(net(inputs), y)
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"{name}: loss {loss:.3g}")
""",
        seen=(
            "With a fresh model: a deviation of 10 and more, or of 0.01 and less, and a loss that falls with the "
            "standardised inputs alone; if this is not the cause, it falls with both."
        ),
    ),
    Snippet(
        key="preprocessing-mismatch",
        bug="""\
train_set = MNIST("data", train=True, transform=scaled)
val_set = MNIST("data", train=False, transform=PILToTensor())
""",
        fix="""\
train_set = MNIST("data", train=True, transform=scaled)
val_set = MNIST("data", train=False, transform=scaled)
""",
        test="""\
for name, batches in ("training", loader), ("validation", val_loader):
    inputs = next(iter(batches))[0].float()
    print(f"{name}: mean {inputs.mean():.3g},", end=" ")
    print(f"deviation {inputs.std():.3g},", end=" ")
    print(f"{inputs.min():.3g} to {inputs.max():.3g}")
""",
        seen=(
            "Two lines that differ by more than chance, such as -1 to 1 and 0 to 255; if this is not the cause, they "
            "are nearly alike. It needs val_loader, too."
        ),
    ),
    Snippet(
        key="augmentation-too-strong",
        bug="""\
augment = transforms.RandomCrop(28, padding=14)
train_set = MNIST("data", transform=Compose([augment, ToTensor()]))
""",
        fix="""\
augment = transforms.RandomCrop(28, padding=2)
train_set = MNIST("data", transform=Compose([augment, ToTensor()]))
""",
        test="""\
import copy
for name, batches in ("with", loader), ("without", plain_loader):
    net, opt = copy.deepcopy((model, optimizer))
    for inputs, targets in batches:
        loss = loss_fn(net(inputs), targets)
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"{name} augmentation: loss {loss:.3g}")
""",
        seen=(
            "A far lower loss without augmentation; if this is not the cause, both fall. It needs plain_loader, too: "
            "the same data without augmentation."
        ),
    ),
    Snippet(
        key="data-not-shuffled",
        bug="""\
train_set = ImageFolder("train", transform=ToTensor())
loader = DataLoader(train_set, batch_size=64)
""",
        fix="""\
train_set = ImageFolder("train", transform=ToTensor())
loader = DataLoader(train_set, batch_size=64, shuffle=True)
""",
        test=TARGETS,
        seen=(
            "Only one or two different targets in a batch, though the data have many more; if this is not the cause, "
            "a batch has nearly all of them."
        ),
    ),
    Snippet(
        key="duplicated-augmentation",
        bug="""\
class Shifted(Dataset):
    def __init__(self, images):
        self.images, self.rng = images, np.random.default_rng(0)
    def __getitem__(self, i):  # each worker has a copy of self.rng
        return np.roll(self.images[i], self.rng.integers(-3, 4), axis=1)
""",
        fix="""\
class Shifted(Dataset):
    def __init__(self, images):
        self.images = images
    def __getitem__(self, i):  # torch seeds each worker, in each epoch
        return np.roll(self.images[i], np.random.randint(-3, 4), axis=1)
""",
        test="""\
from torch.utils.data import DataLoader
workers = getattr(loader, "num_workers", 0)
again = DataLoader(loader.dataset, batch_size=8, num_workers=workers)
one, two = ([batch[0] for batch in again] for epoch in range(2))
same = sum(torch.equal(a, b) for a, b in zip(one, two))
print(f"{same} of {len(one)} batches are the same in two epochs")
""",
        seen=(
            "Although the data are augmented, all batches are the same in two epochs; if this is not the cause, none "
            "or few are."
        ),
    ),
    Snippet(
        key="nonfinite-inputs",
        bug="""\
table = pd.read_csv("train.csv")  # some fields are empty
x = torch.tensor(table[columns].to_numpy(), dtype=torch.float32)
""",
        fix="""\
table = pd.read_csv("train.csv").dropna()
x = torch.tensor(table[columns].to_numpy(), dtype=torch.float32)
""",
        test="""\
for number, (inputs, targets) in enumerate(loader):
    for name, each in ("inputs", inputs), ("targets", targets):
        bad = (~each.isfinite()).sum().item()
        if bad:
            print(f"batch {number}: {bad} of the {name} are not finite")
print(f"{number + 1} batches looked at")
""",
        seen="Lines with the batches that hold NaN or infinity; if this is not the cause, only the number of batches.",
    ),
)
