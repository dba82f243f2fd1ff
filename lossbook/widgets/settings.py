"""matplotlib's settings for one drawing: a thread that draws a widget neither sees the others' changes nor makes any.

``matplotlib.rc_context`` changes the settings of the whole process, and puts all of them back at its end, those too
that the reader has changed meanwhile. Here the one table of settings is taught to look into the drawing's own first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib as mpl

_OWN: ContextVar[mpl.RcParams | None] = ContextVar("settings of the drawing that goes on in this thread", default=None)


class RcParams(mpl.RcParams):
    """The class of ``matplotlib.rcParams`` from now on. Outside of :func:`own_settings` it does what it always did."""

    def _get(self, key: str) -> Any:  # this and the next are matplotlib's documented ways to the bare values
        return dict.__getitem__(_seen(self), key)

    def _set(self, key: str, val: Any) -> None:
        dict.__setitem__(_seen(self), key, val)

    def _update_raw(self, other_params: Any) -> None:  # how an rc_context inside a drawing ends
        dict.update(_seen(self), dict.items(other_params))

    if not hasattr(mpl.RcParams, "_update_raw"):  # there rc_context writes into the table of all: let it write the same

        def copy(self) -> mpl.RcParams:
            everybodys = mpl.RcParams()
            dict.update(everybodys, dict.items(self))
            return everybodys


def _seen(settings: Any) -> Any:
    """The drawing's own settings in place of the process's."""
    own = _OWN.get()
    return settings if own is None or settings is not mpl.rcParams else own


mpl.rcParams.__class__ = RcParams


@contextmanager
def own_settings(changed: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Settings of this thread's own, the process's at first, with some changed; they are gone at the end.

    >>> with own_settings({"lines.linewidth": 7}):
    ...     mpl.rcParams["lines.linewidth"]
    7.0
    >>> mpl.rcParams["lines.linewidth"] == 7
    False
    """
    own = mpl.RcParams()
    for settings in (mpl.rcParamsDefault, _seen(mpl.rcParams)):  # rcdefaults, elsewhere, leaves it empty for a moment
        dict.update(own, dict.copy(settings))  # nothing is validated again, and no backend is chosen
    token = _OWN.set(own)
    try:
        mpl.rcParams.update(dict[Any, Any](changed or {}))
        yield
    finally:
        _OWN.reset(token)
