"""The static face: one custom element that holds every state, and needs no kernel and no other file but its script.

``book/_static/explore.js`` defines the element. Without JavaScript, and on paper, the first state stands there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Any

from lossbook.widgets.controls import Control, start_of, states
from lossbook.widgets.paragraphs import as_html
from lossbook.widgets.svg import Picture


@dataclass(frozen=True)
class Budget:
    """How much may be drawn ahead for one page element.

    >>> Budget().check({"lr": Control(tuple(range(500)))})
    Traceback (most recent call last):
    ValueError: controls must make at most 200 states, got 500 (lr 500). Give lr fewer values, or raise the budget.
    """

    states: int = 200  #: drawings
    bytes: int = 600_000  #: characters of the finished element, before compression

    def check(self, controls: dict[str, Control]) -> None:
        """Raise, before anything is drawn, if there are too many states."""
        counts = {name: len(one.values) for name, one in controls.items()}
        total = len(states(controls))
        if total > self.states:
            each = " × ".join(f"{name} {count}" for name, count in counts.items())
            widest = max(counts, key=counts.__getitem__)
            raise ValueError(
                f"controls must make at most {self.states} states, got {total} ({each}). "
                f"Give {widest} fewer values, or raise the budget."
            )

    def check_size(self, html: str, controls: dict[str, Control]) -> str:
        """The text as it is; raise if it is too long."""
        if len(html) > self.bytes:
            widest = max(controls, key=lambda name: len(controls[name].values))
            raise ValueError(
                f"the element must hold at most {self.bytes} characters, got {len(html)}. Give {widest} fewer values, "
                "draw fewer points, or raise the budget."
            )
        return html


def element(
    pictures: list[tuple[Picture, str]], controls: dict[str, Control], *, title: str, play: str | None, ident: str
) -> str:
    """The HTML of a widget whose states, in the order of ``states(controls)``, look like ``pictures``."""
    first = states(controls).index(start_of(controls))
    table: dict[str, int] = {}  # piece -> its number; a piece that several states share is stored once
    frames = [[table.setdefault(piece, len(table)) for piece in picture.pieces] for picture, _ in pictures]
    opens: dict[str, int] = {}
    data = {
        "frames": frames,
        "pieces": list(table),
        "open": [opens.setdefault(picture.open_tag, len(opens)) for picture, _ in pictures],
        "opens": list(opens),
        "says": [as_html(says) for _, says in pictures],  # HTML
    }
    shown, says = pictures[first][0], as_html(pictures[first][1])
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    fields = "".join(_field(f"{ident}-{name}", one, name == play) for name, one in controls.items())
    return (
        f'<loss-explore id="{ident}"><form role="group" aria-label="{escape(title, quote=True)}">{fields}</form>'
        f'<figure><div class="picture">{shown}</div><figcaption aria-live="polite">{says}</figcaption></figure>'
        f'<script type="application/json">{text}</script></loss-explore>'
    )


def _field(ident: str, one: Control, playable: bool) -> str:
    label, names = escape(one.label), [escape(name, quote=True) for name in one.names]
    if one.has_buttons:
        radios = "".join(
            f'<label><input type="radio" name="{ident}"{_flag("checked", index == one.first)}>{name}</label>'
            for index, name in enumerate(names)
        )
        named = f'<span id="{ident}-name">{label}</span>'
        return f'<div role="radiogroup" id="{ident}" aria-labelledby="{ident}-name">{named}{radios}</div>'
    head = f'<label for="{ident}">{label}</label>'
    if one.kind == "toggle":
        return f'<div><input type="checkbox" id="{ident}"{_flag("checked", one.first == 1)}>{head}</div>'
    if one.kind == "choice":
        options = "".join(
            f"<option{_flag('selected', index == one.first)}>{name}</option>" for index, name in enumerate(names)
        )
        return f'<div>{head}<select id="{ident}">{options}</select></div>'
    values = escape(json.dumps(one.names, ensure_ascii=False), quote=True)
    button = f'<button type="button" data-plays="{ident}">play</button>' if playable else ""
    return (
        f'<div>{head}<input type="range" id="{ident}" min="0" max="{len(names) - 1}" step="1" value="{one.first}" '
        f'aria-valuetext="{names[one.first]}" data-names="{values}"><output for="{ident}">{names[one.first]}</output>'
        f"{button}</div>"
    )


def _flag(name: str, on: Any) -> str:
    return f" {name}" if on else ""
