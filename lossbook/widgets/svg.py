"""A matplotlib figure as compact SVG in pieces: what two figures share is the same piece of text in both."""

from __future__ import annotations

import functools
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from lossbook.widgets.known_axes import GROUP, KnownAxes, left_out, looks
from lossbook.widgets.settings import own_settings

SHORTER = (  # pattern in a tag, and its replacement: a tenth of a point is enough, and the page has a font
    (re.compile(r"(?<= d=\")[^\"]*"), lambda found: _path(found.group())),
    (re.compile(r"-?\d+\.\d{2,}(?![\d%])"), lambda found: f"{float(found.group()):.1f}".removesuffix(".0")),
    (re.compile(r" font-family: [^;\"]*;?"), ""),
    (re.compile(r"(fill|stroke): (?:#000000|black)(?=[;\"])"), r"\1: currentColor"),
    (re.compile(r" *(?=\"|/>)"), ""),
)
CLIPPED = re.compile(r"url\(#([^)]+)\)")  # by what an artist is limited
COMMAND = re.compile(r"([MLCQz])([^MLCQz]*)")


@dataclass(frozen=True)
class Picture:
    """One drawing: ``pieces`` in the order in which they are painted, inside a box of this many points.

    ``split`` is where the picture can be cut in two, so that a phone shows its two panels one below the other; 0 if it
    has one panel.
    """

    width: float
    height: float
    pieces: tuple[str, ...]
    split: float = 0.0

    @property
    def open_tag(self) -> str:
        """The root element's start. It scales with the page, and takes the colour of the text for its ink."""
        limits = f"min-width:{0.85 * self.width:.0f}px;max-width:{1.35 * self.width:.0f}px"
        box = f'viewBox="0 0 {self.width:g} {self.height:g}" style="{limits}"'
        box += f' data-split="{self.split:.0f}"' if self.split else ""
        ink = 'fill="currentColor" stroke-linejoin="round"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box} {ink} aria-hidden="true">'

    def renamed(self, old: str, new: str) -> Picture:
        """The same with another prefix in front of every id, for a second place on the page."""
        return replace(self, pieces=tuple(re.sub(f'(["#]){re.escape(old)}-', rf"\1{new}-", one) for one in self.pieces))

    def __str__(self) -> str:
        return f"{self.open_tag}{''.join(self.pieces)}</svg>"


class AxisPiece(str):
    """A piece that is an axis."""


def picture(figure: Figure, prefix: str = "", known: KnownAxes | None = None) -> Picture:
    """The figure as pieces, one for each artist of each of its axes.

    Args:
        figure: drawn with any matplotlib; its background is left out.
        prefix: in front of every id, so that two pictures on one page do not share one.
        known: axes of former pictures, which are not drawn again; new ones are added. Only for figures in one style.
    """
    if known is None:
        return _picture(figure, prefix)
    key = prefix, looks(figure)
    if key in known:
        with left_out(figure):
            drawn, axes = _picture(figure, prefix), iter(known[key])
        pieces = tuple(next(axes) if isinstance(piece, AxisPiece) else piece for piece in drawn.pieces)
        if set(CLIPPED.findall("".join(known[key]))) <= set(CLIPPED.findall("".join(drawn.pieces))):
            return replace(drawn, pieces=pieces)
    drawn = _picture(figure, prefix)
    known[key] = tuple(piece for piece in drawn.pieces if isinstance(piece, AxisPiece))
    return drawn


def _picture(figure: Figure, prefix: str) -> Picture:
    text = _drawn(figure)
    root = ET.fromstring(text)
    _strip(root, prefix, used=set(re.findall(r'(?:url\(|href=")#([^")]+)', text)))
    _, _, width, height = (float(number) for number in root.attrib["viewBox"].split())
    (drawing,) = (child for child in root if child.tag == "g")
    clips = [child for child in root if child.tag == "defs" and child.find("style") is None]
    pieces = [piece for child in (*clips, *drawing) for piece in _pieces(child)]
    return Picture(width, height, tuple(pieces), width * _split(figure))


def _drawn(figure: Figure) -> str:
    """matplotlib's own SVG, without grounds; the figure is left as it was. ``savefig`` would draw it twice."""
    buffer, canvas, dpi = io.StringIO(), figure.canvas, figure.dpi
    grounds = [patch for patch in (figure.patch, *(ax.patch for ax in figure.axes)) if patch.get_visible()]
    for patch in grounds:
        patch.set_visible(False)
    try:
        with own_settings({"svg.fonttype": "none", "svg.hashsalt": "lossbook"}):
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    finally:
        figure.set_canvas(canvas)
        figure.dpi = dpi
        for patch in grounds:
            patch.set_visible(True)
    return buffer.getvalue()


def _split(figure: Figure) -> float:
    """Where a figure of two panels can be cut, as a share of its width; the labels of the right one fill the gap."""
    boxes = [ax.get_position() for ax in figure.axes]
    if len(boxes) != 2 or boxes[0].x1 >= boxes[1].x0:
        return 0.0
    return float(boxes[0].x1 + 0.17 * (boxes[1].x0 - boxes[0].x1))


def _pieces(element: ET.Element) -> list[str]:
    """The parts of an axes one by one, and every other element as a whole."""
    if (kind := element.attrib.pop("kind", None)) == "axes":
        return [piece for child in element for piece in _pieces(child)]
    text = ET.tostring(element, encoding="unicode").replace("\n", "")
    text = re.sub(r"<[^>]*>", lambda tag: _shorter(tag.group()), text)  # the words between the tags stay as they are
    return [AxisPiece(text) if kind == "axis" else text]


def _shorter(tag: str) -> str:
    for pattern, new in SHORTER:
        tag = pattern.sub(new, tag)
    return tag


def _path(line: str) -> str:
    """The path in fewer characters: each point relative to the one before, to a tenth of a point.

    >>> _path("M 10.04 20 L 10.26 19 L 12 20.5 z")
    'M10 20l.3-1l1.7 1.5z'
    """
    words, here, start = (
        [],
        [0, 0],
        [0, 0],
    )  # in tenths: rounded before the differences are taken, so that errors do not add up
    for letter, rest in COMMAND.findall(line):
        points = [round(10 * float(number)) for number in rest.split()]
        if letter == "z":
            here = start
        elif letter == "M":
            here = start = points
        else:
            letter, points, here = letter.lower(), [n - here[i % 2] for i, n in enumerate(points)], points[-2:]
        words.append(letter + " ".join(map(_tenths, points)).replace(" -", "-"))
    return "".join(words)


@functools.cache
def _tenths(n: int) -> str:
    """That many tenths: 12 is 1.2, -5 is -.5."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{n / 10:.1f}".removesuffix(".0"))


def _strip(root: ET.Element, prefix: str, used: set[str]) -> None:
    """No namespaces, and no ids but those that something refers to."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            name = key.rpartition("}")[2]
            if name == "id":
                if value.startswith(("axes_", GROUP)):
                    element.attrib["kind"] = "axes" if value.startswith("axes_") else "axis"
                if value not in used:
                    continue
                value = f"{prefix}-{value}"
            elif name == "href":
                value = value.replace("#", f"#{prefix}-", 1)
            element.attrib[name] = value.replace("url(#", f"url(#{prefix}-")
        element.tail = None
        if element.text and not element.text.strip():
            element.text = None
