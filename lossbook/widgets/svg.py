"""A matplotlib figure as compact SVG in pieces: what two figures share is the same piece of text in both."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure

SHORTER = (  # what a tag is made of: a tenth of a point is enough, and the page knows its font
    (re.compile(r"-?\d+\.\d{2,}(?![\d%])"), lambda found: f"{float(found.group()):.1f}".removesuffix(".0")),
    (re.compile(r" font-family: [^;\"]*;?"), ""),
    (re.compile(r"(fill|stroke): (?:#000000|black)(?=[;\"])"), r"\1: currentColor"),
    (re.compile(r" ([MLCQz])"), r"\1"),
    (re.compile(r"([MLCQ]) "), r"\1"),
    (re.compile(r" *(?=\"|/>)"), ""),
)


@dataclass(frozen=True)
class Picture:
    """One drawing: ``pieces`` in the order in which they are painted, inside a box of this many points."""

    width: float
    height: float
    pieces: tuple[str, ...]

    @property
    def open_tag(self) -> str:
        """The root element's start. It scales with the page, and takes the colour of the text for its ink."""
        box = f'viewBox="0 0 {self.width:g} {self.height:g}" style="max-width:{1.35 * self.width:.0f}px"'
        ink = 'fill="currentColor" stroke-linejoin="round"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box} {ink} aria-hidden="true">'

    def __str__(self) -> str:
        return f"{self.open_tag}{''.join(self.pieces)}</svg>"


def picture(figure: Figure, prefix: str = "") -> Picture:
    """The figure as pieces, one for each artist of each of its axes.

    Args:
        figure: drawn with any matplotlib; its background is left out.
        prefix: in front of every id, so that two pictures on one page do not share one.
    """
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lossbook"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    root = ET.fromstring(buffer.getvalue())
    _strip(root, prefix)
    _, _, width, height = (float(number) for number in root.attrib["viewBox"].split())
    (drawing,) = (child for child in root if child.tag == "g")
    clips = [child for child in root if child.tag == "defs" and child.find("style") is None]
    pieces = [piece for child in (*clips, *drawing) for piece in _pieces(child)]
    return Picture(width, height, tuple(pieces))


def _pieces(element: ET.Element) -> list[str]:
    """An axes in its parts, all else whole; what is invisible is left out."""
    if element.attrib.pop("axes", None):
        return [piece for child in element for piece in _pieces(child)]
    text = ET.tostring(element, encoding="unicode").replace("\n", "")
    text = re.sub(r"<[^>]*>", lambda tag: _shorter(tag.group()), text)  # the words between the tags stay as they are
    return [] if re.fullmatch(r'<g><path d="[^"]*" style="fill: none" ?/></g>', text) else [text]


def _shorter(tag: str) -> str:
    for pattern, new in SHORTER:
        tag = pattern.sub(new, tag)
    return tag


def _strip(root: ET.Element, prefix: str) -> None:
    """No namespaces, no ids that nobody refers to, ink in the colour of the text."""
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', ET.tostring(root, encoding="unicode")))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            name = key.rpartition("}")[2]
            if name == "id":
                if value.startswith("axes_"):
                    element.attrib["axes"] = "yes"
                if value not in used:
                    continue
                value = f"{prefix}-{value}"
            elif name == "href":
                value = value.replace("#", f"#{prefix}-", 1)
            element.attrib[name] = value.replace("url(#", f"url(#{prefix}-")
        element.tail = None
        if element.text and not element.text.strip():
            element.text = None
