"""The live face: ipywidgets. A thread of the kernel draws each change; of several waiting changes, only the last."""

from __future__ import annotations

import html
import threading
import traceback
from collections.abc import Callable
from typing import Any

import ipywidgets

from lossbook.widgets.controls import Control, start_of

DEBOUNCE = 0.05  # seconds of quiet before a state is drawn
AGAIN = "run this cell again"
# JupyterLab gives this class to a widget whose kernel is gone; from then on only CSS can change what it shows
GONE = f"""<style>
.lossbook-live.jupyter-widgets-disconnected::before {{
  content: "The kernel that drew this is gone: {AGAIN}.";
  font-family: inherit;
  font-weight: bold;
}}
.lossbook-live .jupyter-widgets-disconnected::before {{ content: none; }}
.lossbook-live.jupyter-widgets-disconnected > * {{ opacity: 0.4; }}
.lossbook-live svg {{ color: var(--jp-ui-font-color0, inherit); }}
</style>"""


class Latest:
    """Calls ``work`` with the latest request, in a thread of its own; a request that a later one overtakes is dropped.

    An error in ``work`` is printed, and does not stop the requests that come after it.

    >>> done = []
    >>> latest = Latest(done.append, quiet=0.0)
    >>> latest.ask(1)
    >>> latest.wait()
    >>> done
    [1]
    """

    def __init__(self, work: Callable[[Any], None], quiet: float = DEBOUNCE) -> None:
        self._work, self._quiet = work, quiet
        self._lock, self._pending = threading.Lock(), []  # type: ignore[var-annotated]
        self._thread: threading.Thread | None = None
        self._asked = threading.Event()

    def ask(self, request: Any) -> None:
        """Note the request; return at once."""
        with self._lock:
            self._pending = [request]
            self._asked.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Return when nothing is left to do."""
        while (thread := self._thread) is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            self._asked.clear()
            while self._asked.wait(self._quiet):  # another request came: wait again
                self._asked.clear()
            with self._lock:
                request, self._pending = self._pending, []
                if not request:
                    self._thread = None
                    return
            try:
                self._work(request[0])
            except BaseException:  # were the thread to end here, later requests would never be drawn
                traceback.print_exc()


class Live:
    """Widgets for the controls, and the drawing below them.

    Args:
        draw: state -> (SVG, sentence); called in a thread of its own.
        controls: name -> control.
        play: the name of the slider that gets a play button, or None.
    """

    def __init__(
        self, draw: Callable[[dict[str, Any]], tuple[str, str]], controls: dict[str, Control], play: str | None
    ) -> None:
        self.inputs = {name: _input(one) for name, one in controls.items()}
        self.picture, self.caption = ipywidgets.HTML(), ipywidgets.HTML()
        self._draw, self._latest = draw, Latest(self._show)
        for one in self.inputs.values():
            one.observe(lambda _: self._latest.ask(self.state), names="value")
        rows = [ipywidgets.HBox([one, _player(one)]) if name == play else one for name, one in self.inputs.items()]
        self.box = ipywidgets.VBox([*rows, self.picture, self.caption])
        self._latest.ask(start_of(controls))

    @property
    def state(self) -> dict[str, Any]:
        """name -> the value that the control shows."""
        return {name: one.value for name, one in self.inputs.items()}

    def wait(self) -> None:
        """Return when the last change is drawn."""
        self._latest.wait()

    def _show(self, state: dict[str, Any]) -> None:
        try:
            svg, says = self._draw(state)
        except Exception as error:  # of any kind: the reader must see it
            told = html.escape(f"{type(error).__name__}: {error}")
            trace = html.escape(traceback.format_exc())
            self.picture.value = f'<p role="alert"><strong>{told}</strong></p>'
            self.caption.value = f"<details><summary>where it happened</summary><pre>{trace}</pre></details>"
        else:
            self.picture.value, self.caption.value = svg, f"<p>{html.escape(says)}</p>"


def bundle(box: Any, title: str) -> dict[str, Any]:
    """What a notebook shows of a box of widgets. Without its kernel it says "run this cell again".

    >>> bundle(ipywidgets.VBox(), "a lab")["text/plain"]
    'a lab: to see it live, run this cell again.'
    """
    box.children = (*box.children, ipywidgets.HTML(GONE, layout=ipywidgets.Layout(display="none")))
    box.add_class("lossbook-live")
    return box._repr_mimebundle_() | {"text/plain": f"{title}: to see it live, {AGAIN}."}


def _input(one: Control) -> Any:
    options = list(zip(one.names, one.values, strict=True))
    looks: dict[str, Any] = {"description": one.label, "style": {"description_width": "initial"}}
    value = one.values[one.first]
    if one.kind == "toggle":
        return ipywidgets.Checkbox(value=value, indent=False, **looks)
    if one.has_buttons:
        looks["style"] |= {"button_width": "auto"}
        return ipywidgets.ToggleButtons(options=options, value=value, **looks)
    if one.kind == "choice":
        return ipywidgets.Dropdown(options=options, value=value, **looks)
    wide = ipywidgets.Layout(width="26rem", max_width="100%")
    return ipywidgets.SelectionSlider(options=options, value=value, continuous_update=True, layout=wide, **looks)


def _player(slider: Any) -> Any:
    player = ipywidgets.Play(min=0, max=len(slider.options) - 1, interval=250, value=slider.index)
    ipywidgets.jslink((player, "value"), (slider, "index"))
    return player
