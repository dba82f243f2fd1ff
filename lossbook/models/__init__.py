"""Models: a frozen object that holds the knobs; ``build()`` draws the weights and gives an ``nn.Module``.

``NumPyMLP`` is a dense net whose gradient is written out; ``pretrained`` gives nets that others have trained, and
``FromTorch`` holds a module of your own.
"""

from lossbook.models.convnet import ConvNet, Net
from lossbook.models.from_torch import FromTorch
from lossbook.models.from_torchvision import HEADS, pretrained
from lossbook.models.mlp import ACTIVATIONS, MLP
from lossbook.models.numpy_mlp import NumPyMLP
from lossbook.models.rnn import TinyRNN
from lossbook.models.transformer import TinyTransformer

#: name -> the model with its usual settings; each takes images (N, 1, 28, 28) and gives 10 logits
MODELS = {
    "linear": MLP(sizes=(784, 10)),
    "mlp": MLP(),
    "residual mlp": MLP(sizes=(784, 64, 64, 64, 10), norm="layer", residual=True),
    "convnet": ConvNet(),
    "rnn": TinyRNN(kind="rnn"),
    "lstm": TinyRNN(kind="lstm"),
    "transformer": TinyTransformer(),
}

__all__ = [
    "ACTIVATIONS",
    "HEADS",
    "MLP",
    "MODELS",
    "ConvNet",
    "FromTorch",
    "Net",
    "NumPyMLP",
    "TinyRNN",
    "TinyTransformer",
    "pretrained",
]
