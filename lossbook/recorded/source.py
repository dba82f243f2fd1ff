"""A log as a stream of bytes: its head for a look, its lines one by one, or all of it if it is one document."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

HEAD = 2**16  # bytes that a look at the format takes
CHUNK = 2**20  # bytes that are read at once
LONGEST_LINE = 2**22  # bytes
LARGEST_DOCUMENT = 200 * 10**6  # bytes of a document that must be read as a whole
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\x08]\x08|\x08")  # colours, cursor moves, and what is struck out


class Unreadable(ValueError):
    """Why a log cannot be read as a curve; :func:`lossbook.read_curve` adds its name."""


@dataclass
class Source:
    """A log that is read once, from its beginning to its end."""

    stream: BinaryIO
    notes: list[str] = field(default_factory=list)  #: what a reader left out, a sentence each
    head: bytes = b""  #: the first bytes, filled by :meth:`open`

    @classmethod
    def open(cls, stream: BinaryIO) -> Source:
        """Look at the first bytes.

        Raises:
            Unreadable: there are none, or they are in UTF-16.
        """
        parts, held = [], 0
        while held < HEAD and (part := stream.read(HEAD - held)):  # a pipe gives what it has
            parts.append(part)
            held += len(part)
        source = cls(stream, head=b"".join(parts))
        if not source.head.strip():
            raise Unreadable("it must hold losses, and is empty")
        halves = (source.head[:400:2], source.head[1:400:2])
        zeros = sorted(half.count(0) / max(len(half), 1) for half in halves)
        if source.head.startswith(UTF16) or (zeros[0] < 0.1 and zeros[1] > 0.9):
            raise Unreadable("it must be text in UTF-8, and is in UTF-16; save it again as UTF-8")
        return source

    @property
    def is_text(self) -> bool:
        """Whether the head holds no bytes that text has not."""
        strange = sum(self.head.count(byte) for byte in (0, 1, 2, 3, 4, 5, 6, 14, 15, 16, 17, 18, 19, 20))
        return strange == 0 or (0 not in self.head and strange < len(self.head) / 1000)

    def look(self, count: int = 60) -> list[str]:
        """The first lines that are not empty; the last may be cut off if the head is full."""
        lines = [line for line in _split(_decoded(self.head)) if line.strip()]
        if len(self.head) >= HEAD and len(lines) > 1:
            lines.pop()
        return lines[:count]

    def lines(self) -> Iterator[str]:
        """All lines that are not empty, without their ends; a lone ``\\r`` ends a line, as progress bars use it.

        Raises:
            Unreadable: a line is longer than 4 MB.
        """
        rest = ""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        for part in self._chunks():
            pieces = _split(rest + decoder.decode(part))
            rest = pieces.pop()
            if len(rest) > LONGEST_LINE:
                raise Unreadable("its lines must be shorter than 4 MB")
            yield from (piece for piece in pieces if piece.strip())
        for last in _split(rest + decoder.decode(b"", final=True)):
            if last.strip():
                yield last

    def text(self) -> str:
        """The whole of it.

        Raises:
            Unreadable: it is larger than 200 MB.
        """
        parts, held = [], 0
        for part in self._chunks():
            parts.append(part)
            held += len(part)
            if held > LARGEST_DOCUMENT:
                raise Unreadable("one JSON document must have 200 MB at most; write a line for each step instead")
        return b"".join(parts).decode("utf-8-sig", "replace")

    def leave_out(self, count: int, what: str) -> None:
        """Note that so many lines were left out."""
        if count:
            self.notes.append(f"{count} line{'s' * (count != 1)} {what} {'were' if count > 1 else 'was'} left out")

    def read(self, count: int) -> bytes:
        """The next bytes, fewer at the end."""
        taken, self.head = self.head[:count], self.head[count:]
        while len(taken) < count and (part := self.stream.read(count - len(taken))):
            taken += part
        return taken

    def _chunks(self) -> Iterator[bytes]:
        head, self.head = self.head, b""
        yield head
        while part := self.stream.read(CHUNK):
            yield part


def _decoded(head: bytes) -> str:
    return head.decode("utf-8-sig", "replace")


def _split(text: str) -> list[str]:
    if "\x1b" in text or "\x08" in text:
        text = ESCAPES.sub("", text)
    return text.replace("\r", "\n").split("\n")
