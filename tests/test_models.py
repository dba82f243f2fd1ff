"""Models as configuration: one contract for every row of MODELS, then special properties of each."""

from __future__ import annotations

import pickle
import urllib.error
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lossbook.models
from lossbook.data import mnist_arrays
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import (
    ACTIVATIONS,
    HEADS,
    MLP,
    MODELS,
    ConvNet,
    Net,
    TinyRNN,
    TinyTransformer,
    pretrained,
)
from lossbook.optim import Adam, TorchOptimizer

rows = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
VARIANTS = [
    ConvNet((4, 8), 1, 16, (0.0, 0.0)),
    ConvNet(kernel_size=13),
    MLP((784, 16, 16, 10), "gelu", norm="batch", residual=True, dropout=0.1, bias=False),
    TinyTransformer(patch=14, width=8, heads=2, depth=1, dropout=0.1, norm_first=False),
]
all_models = pytest.mark.parametrize("model", [*MODELS.values(), *VARIANTS], ids=str)
IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def built(model: Any, seed: int = 0) -> Any:
    """The model's net with the weights of this seed; torch's random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model.build()


def weights(net: nn.Module) -> Tensor:
    return torch.cat([param.detach().flatten() for param in net.parameters()])


@all_models
def test_a_model_is_a_value(model: Any) -> None:
    again = eval(repr(model), vars(lossbook.models))
    assert again == model == pickle.loads(pickle.dumps(model))
    assert hash(again) == hash(model)
    with pytest.raises(FrozenInstanceError):
        setattr(model, fields(model)[0].name, None)
    assert len({*MODELS.values(), *VARIANTS}) == len(MODELS) + len(VARIANTS)


@all_models
def test_the_seed_decides_the_weights(model: Any) -> None:
    first, again, other = (weights(built(model, seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@all_models
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_logits_come_out(model: Any, device: str) -> None:
    logits = built(model).to(device)(IMAGES.to(device))
    assert (logits.shape, logits.device.type, logits.dtype) == ((3, 10), device, torch.float32)


@pytest.mark.parametrize(
    "model",
    [ConvNet((2, 3), 1, 4, (0.0, 0.0), classes=5), MLP((784, 5)), TinyRNN(outputs=5), TinyTransformer(classes=5)],
    ids=str,
)
def test_there_is_one_logit_per_class(model: Any) -> None:
    assert built(model)(IMAGES).shape == (3, 5)


@all_models
def test_every_parameter_gets_a_gradient(model: Any) -> None:
    net = built(model)
    SoftmaxCrossEntropy().value(net(IMAGES), torch.tensor([1, 2, 3])).backward()
    for name, param in net.named_parameters():
        assert param.grad is not None, name
        assert param.grad.any(), name


@all_models
def test_one_example_does_not_see_another(model: Any) -> None:
    net = built(model).double().eval()
    images = IMAGES.double()
    torch.testing.assert_close(net(images)[:1], net(images[:1]), rtol=0, atol=1e-12)


@rows
def test_twenty_digits_are_learnt_by_heart(model: Any) -> None:
    digits, loss = mnist_arrays(), SoftmaxCrossEntropy()
    x = torch.tensor(digits.train_images[:20, None]) / 255
    y = torch.tensor(digits.train_labels[:20])
    net = built(model)
    optimizer = TorchOptimizer(net.parameters(), Adam(lr=0.002 if isinstance(model, ConvNet) else 0.01))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # for dropout
        for _ in range(100):
            optimizer.zero_grad()
            value = loss.value(net(x), y)
            value.backward()
            optimizer.step()
            if value < 0.1:
                break
    logits = net.eval()(x)
    assert loss.value(logits, y) < 0.15
    assert torch.equal(logits.argmax(dim=1), y)


def test_net_is_the_documents() -> None:
    shapes = {name: tuple(param.shape) for name, param in Net().named_parameters() if name.endswith("weight")}
    assert shapes == {
        "conv1.weight": (32, 1, 3, 3),
        "conv2.weight": (64, 32, 3, 3),
        "fc1.weight": (128, 64 * 12 * 12),
        "fc2.weight": (10, 128),
    }


def test_a_plain_mlp_is_torchs_layers_and_nothing_else() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        plain = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
        state = torch.get_rng_state()
        torch.manual_seed(0)
        ours = MLP().build()
        assert torch.equal(torch.get_rng_state(), state)
    assert repr(ours) == repr(plain)
    for name, param in plain.state_dict().items():
        assert torch.equal(ours.state_dict()[name], param)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_activation_stands_between_the_layers(activation: str) -> None:
    net = MLP((784, 8, 8, 10), activation).build()
    assert [type(layer) for layer in net] == [
        nn.Flatten,
        *(nn.Linear, ACTIVATIONS[activation]) * 2,
        nn.Linear,
    ]


def test_a_hidden_layer_has_its_parts_in_order() -> None:
    for norm, layer in {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}.items():
        parts = list(MLP((784, 8, 10), "tanh", norm=norm, dropout=0.5, bias=False).build())
        assert [type(part) for part in parts] == [nn.Flatten, nn.Linear, layer, nn.Tanh, nn.Dropout, nn.Linear]
        assert parts[1].bias is None
        assert parts[-1].bias is None
        assert parts[4].p == 0.5


def test_without_an_activation_depth_is_a_linear_map() -> None:
    net = built(MLP((784, 8, 8, 10), "none")).double()
    x, origin = IMAGES.double(), torch.zeros(1, 1, 28, 28, dtype=torch.float64)
    torch.testing.assert_close(net(2 * x) - net(origin), 2 * (net(x) - net(origin)), rtol=0, atol=1e-12)


def test_a_path_leads_around_each_hidden_layer_but_the_first() -> None:
    net = built(MLP((784, 8, 8, 8, 10), residual=True))
    for skip in net[3:5]:
        for param in skip.parameters():
            nn.init.zeros_(param)
    torch.testing.assert_close(net(IMAGES), net[5](net[:3](IMAGES)))  # the two layers give 0: only the path is left
    assert len(net) == 6


@dataclass(frozen=True)
class Draw:
    """An initialiser as ``lossbook.initializers`` has them."""

    std: float = 0.1

    def sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return rng.normal(0, self.std, shape)


@dataclass(frozen=True)
class Fixed:
    """Always gives the same object, an array or anything else."""

    array: Any

    def sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        return self.array


@pytest.mark.parametrize(
    "model", [MLP((784, 50, 10), norm="layer", init=Draw()), ConvNet((8, 8), init=Draw())], ids=str
)
def test_an_initialiser_draws_the_weights(model: Any) -> None:
    first, again, other = (built(model, seed) for seed in (0, 0, 1))
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))
    layers: list[Any] = [layer for layer in first.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
    drawn = torch.cat([layer.weight.detach().flatten() for layer in layers])
    assert drawn.std().item() == pytest.approx(0.1, rel=0.05)
    assert drawn.unique().numel() > 0.99 * drawn.numel()  # each layer has its own draw
    assert not any(layer.bias.any() for layer in layers)
    assert all(layer.weight.requires_grad for layer in layers)
    norms = [layer for layer in first.modules() if isinstance(layer, nn.LayerNorm)]
    assert all(bool((norm.weight == 1).all()) for norm in norms)


def test_an_initialiser_gives_arrays_of_the_weights_shape() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert built(MLP((3, 2), bias=False, init=Fixed(array)))[1].weight.tolist() == array.tolist()
    with pytest.raises(ValueError, match=r"sample must have shape \(2, 3\), got \(3,\)"):
        MLP((3, 2), init=Fixed(np.zeros(3))).build()
    with pytest.raises(TypeError, match="sample must be a NumPy array or a torch tensor, got float"):
        MLP((3, 2), init=Fixed(0.5)).build()


def test_an_rnn_is_its_formula() -> None:
    """By hand, from the weights: h_t = tanh(W x_t + b + U h_{t-1} + c), then V h_T + d."""
    net = built(TinyRNN("rnn", inputs=4, hidden=3, outputs=2)).double()
    x, h = IMAGES.double()[:, 0, :5, :4], torch.zeros(3, 3, dtype=torch.float64)
    W, U, b, c = net.rnn.weight_ih_l0, net.rnn.weight_hh_l0, net.rnn.bias_ih_l0, net.rnn.bias_hh_l0
    for t in range(5):
        h = torch.tanh(x[:, t] @ W.T + b + h @ U.T + c)
    torch.testing.assert_close(net(x), h @ net.head.weight.T + net.head.bias, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_an_image_is_the_sequence_of_its_rows(kind: str) -> None:
    net = built(TinyRNN(kind))
    assert torch.equal(net(IMAGES), net(IMAGES[:, 0]))
    assert not torch.allclose(net(IMAGES), net(IMAGES.flip(2)))  # from the bottom up it is another sequence
    with pytest.raises(RuntimeError, match="28"):
        net(IMAGES[..., :14])


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_knows_where_a_patch_stands(norm_first: bool) -> None:
    net = built(TinyTransformer(norm_first=norm_first))
    turned = IMAGES.roll(7, dims=2)  # the same patches at other places
    assert not torch.allclose(net(IMAGES), net(turned), atol=1e-5)
    nn.init.zeros_(net.position)
    torch.testing.assert_close(net(IMAGES), net(turned))


def test_each_transformer_layer_has_weights_of_its_own() -> None:
    first, second = built(TinyTransformer()).layers
    assert not torch.equal(first.linear1.weight, second.linear1.weight)


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_layer_is_its_formula(norm_first: bool) -> None:
    layer = built(TinyTransformer(norm_first=norm_first)).layers[0]
    h = torch.rand(2, 16, 32, generator=torch.Generator().manual_seed(0))

    def attention(h: Tensor) -> Tensor:
        return layer.self_attn(h, h, h)[0]

    def mlp(h: Tensor) -> Tensor:
        return layer.linear2(nn.functional.gelu(layer.linear1(h)))

    if norm_first:
        ours = h + attention(layer.norm1(h))
        ours = ours + mlp(layer.norm2(ours))
    else:
        ours = layer.norm1(h + attention(h))
        ours = layer.norm2(ours + mlp(ours))
    torch.testing.assert_close(layer(h), ours)


@pytest.mark.parametrize("name", HEADS)
def test_the_head_is_the_last_dense_layer(name: str) -> None:
    from torchvision.models import get_model

    with torch.device("meta"):
        net = get_model(name)
    dense = [path for path, module in net.named_modules() if isinstance(module, nn.Linear)]
    assert dense[-1] == HEADS[name]
    assert net.get_submodule(HEADS[name]).out_features == 1000


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty torch folder for weights, and no network."""

    def no_network(url: str, *rest: Any, **options: Any) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", no_network)
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def test_pretrained_weights_come_from_torchs_folder(hub: Path) -> None:
    from torchvision.models import resnet18

    theirs = resnet18()
    torch.save(theirs.state_dict(), hub / "resnet18-f37072fd.pth")
    net = pretrained("resnet18", classes=7)
    trainable = [name for name, param in net.named_parameters() if param.requires_grad]
    assert trainable == ["fc.weight", "fc.bias"]
    for name, tensor in theirs.state_dict().items():
        assert name.startswith("fc.") or torch.equal(net.state_dict()[name], tensor), name
    assert net(torch.rand(2, 3, 64, 64)).shape == (2, 7)
    assert all(param.requires_grad for param in pretrained("resnet18", freeze=False).parameters())


def test_without_weights_it_says_what_to_do(hub: Path) -> None:
    with pytest.raises(OSError, match="The weights of resnet18 are not in .*checkpoints and could not be") as caught:
        pretrained()
    for words in (str(hub), "no network", "https://download.pytorch.org/models/resnet18-f37072fd.pth", "put it there"):
        assert words in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no weights", {"fc.weight": torch.zeros(2)}], ids=["empty", "text", "other"])
def test_a_damaged_file_is_named(hub: Path, content: Any) -> None:
    path = hub / "resnet18-f37072fd.pth"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(OSError, match="resnet18-f37072fd.pth is damaged or holds other weights .* Delete it"):
        pretrained()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ConvNet(kernel_size=14), r"kernel_size must lie in \[1, 13\], got 14"),
        (lambda: ConvNet(kernel_size=2.0), "kernel_size must be a whole number, got 2.0"),  # type: ignore[arg-type]
        (lambda: ConvNet(dropout=(0.5, 1.0)), r"dropout\[1\] must lie in \[0, 1\), got 1.0"),
        (lambda: ConvNet(channels=(0, 4)), r"channels\[0\] must be at least 1, got 0"),
        (lambda: ConvNet(channels=[4, 4]), r"channels must be a tuple of two numbers, got \[4, 4\]"),  # type: ignore
        (lambda: ConvNet(init=0.1), r"init must have a method sample\(\), got 0.1"),
        (lambda: MLP(sizes=(784,)), r"sizes must be a tuple of at least two numbers.*got \(784,\)"),
        (lambda: MLP(sizes=(784, 0)), r"sizes\[1\] must be at least 1, got 0"),
        (lambda: MLP(activation="rleu"), "activation must be one of 'relu'.*got 'rleu'. Did you mean 'relu'"),
        (lambda: MLP(norm="bach"), "norm must be one of 'batch', 'layer', got 'bach'. Did you mean 'batch'"),
        (lambda: MLP(residual=1), "residual must be True or False, got 1"),  # type: ignore[arg-type]
        (lambda: MLP(residual=True), r"at least two hidden layers, all of one size, got sizes=\(784, 32, 10\)"),
        (lambda: MLP((784, 8, 9, 10), residual=True), r"all of one size, got sizes=\(784, 8, 9, 10\)"),
        (lambda: MLP(dropout=1.0), r"dropout must lie in \[0, 1\), got 1.0"),
        (lambda: MLP(bias=None), "bias must be True or False, got None"),  # type: ignore[arg-type]
        (lambda: MLP(init=Draw), r"init must be an object, got the class Draw: write Draw\(\)"),
        (lambda: TinyRNN(kind="lsmt"), "kind must be one of 'rnn', 'lstm', got 'lsmt'. Did you mean 'lstm'"),
        (lambda: TinyRNN(inputs=0), "inputs must be at least 1, got 0"),
        (lambda: TinyRNN(hidden=0), "hidden must be at least 1, got 0"),
        (lambda: TinyRNN(outputs=2.0), "outputs must be a whole number, got 2.0"),  # type: ignore[arg-type]
        (lambda: TinyTransformer(patch=5), "patch must divide the image's side, 28, got 5"),
        (lambda: TinyTransformer(heads=3), "heads must divide width, 32, got 3"),
        (lambda: TinyTransformer(depth=0), "depth must be at least 1, got 0"),
        (lambda: TinyTransformer(width=0), "width must be at least 1, got 0"),
        (lambda: TinyTransformer(classes=1), "classes must be at least 2, got 1"),
        (lambda: TinyTransformer(dropout=-0.1), r"dropout must lie in \[0, 1\), got -0.1"),
        (lambda: TinyTransformer(norm_first=0), "norm_first must be True or False, got 0"),  # type: ignore[arg-type]
        (lambda: pretrained("resnet19"), "name must be one of 'resnet18'.*got 'resnet19'. Did you mean 'resnet18'"),
        (lambda: pretrained(classes=1), "classes must be at least 2, got 1"),
        (lambda: pretrained(freeze="no"), "freeze must be True or False, got 'no'"),  # type: ignore[arg-type]
    ],
)
def test_bad_knobs_are_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


def test_each_knob_counts() -> None:
    model = MLP((784, 8, 8, 10))
    assert replace(model, residual=True) != model
    assert replace(model, init=Draw()) == replace(model, init=Draw(0.1)) != replace(model, init=Draw(0.2))
