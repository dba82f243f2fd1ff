"""Several sentences below a picture, each a paragraph with a bold head."""

from __future__ import annotations

from html import escape


class Paragraphs(str):
    """The words as a string, for readers of plain text, and as HTML.

    >>> Paragraphs(("Mended.", "It falls."), ("", "See <b>")).html
    '<p><strong>Mended.</strong> It falls.</p><p>See &lt;b&gt;</p>'
    >>> print(Paragraphs(("Mended.", "It falls.")))
    Mended. It falls.
    """

    html: str

    def __new__(cls, *parts: tuple[str, str], more: str = "") -> Paragraphs:
        """A head, which may be empty, and a sentence for each paragraph; ``more`` is HTML behind the last."""
        made = super().__new__(cls, " ".join(f"{head} {words}".strip() for head, words in parts))
        heads = [f"<strong>{escape(head, quote=False)}</strong> " if head else "" for head, _ in parts]
        made.html = (
            "".join(f"<p>{head}{escape(words, quote=False)}</p>" for head, (_, words) in zip(heads, parts, strict=True))
            + more
        )
        return made


def as_html(words: str) -> str:
    """What stands below a picture, as HTML."""
    return words.html if isinstance(words, Paragraphs) else escape(words, quote=False)
