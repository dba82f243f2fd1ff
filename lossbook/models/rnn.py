"""A small recurrent network: an image read row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from lossbook import checks

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM}


class SequenceReader(nn.Module):
    """One recurrent layer over a sequence, and a dense layer on its last hidden state.

    Input (N, T, ``inputs``), or images (N, 1, T, ``inputs``) as T rows; output (N, ``outputs``).
    """

    def __init__(self, kind: str, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.rnn = CELLS[kind](inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.rnn(x.flatten(1, -2))  # (N, T, inputs) -> (N, T, hidden)
        return self.head(states[:, -1])


@dataclass(frozen=True)
class TinyRNN:
    r"""A recurrent network that reads a sequence step by step and answers from its last state.

    The rule of "rnn", for the input :math:`x_t` and the state :math:`h_t`, with :math:`h_0 = 0`:
    :math:`h_t = \tanh(W x_t + b + U h_{t-1} + c)`; the output is :math:`V h_T + d`. An "lstm" keeps a second state;
    each step adds to it instead of multiplying it, so that its gradient lives longer.

    Args:
        kind: "rnn" or "lstm".
        inputs: values per time step; 28 for the rows of a digit.
        hidden: size of the state.
        outputs: number of classes K, or of predicted values.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    Input (N, T, ``inputs``) or (N, 1, T, ``inputs``), output (N, ``outputs``).

    >>> TinyRNN(kind="rnn", hidden=8).build().rnn
    RNN(28, 8, batch_first=True)

    Reference: Elman, Finding Structure in Time (1990); Hochreiter and Schmidhuber, Long Short-Term Memory (1997).
    """

    kind: str = "lstm"
    inputs: int = 28
    hidden: int = 32
    outputs: int = 10

    def __post_init__(self) -> None:
        checks.one_of("kind", self.kind, CELLS)
        checks.whole_number("inputs", self.inputs, 1)
        checks.whole_number("hidden", self.hidden, 1)
        checks.whole_number("outputs", self.outputs, 1)

    def build(self) -> SequenceReader:
        """A net with fresh weights, drawn from torch's current random state."""
        return SequenceReader(self.kind, self.inputs, self.hidden, self.outputs)
