"""TensorBoard's event files: records of protocol buffers, of which a few fields are read.

A record is its length (8 bytes), a checksum of the length (4), the event, and a checksum of the event (4):
https://www.tensorflow.org/tutorials/load_data/tfrecord. The fields are those of ``event.proto``, ``summary.proto`` and
``tensor.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from lossbook.recorded.source import Source

LARGEST = 2**26  # bytes of a record; those with pictures are large, and a length beyond this is a broken file
EVENT_STEP, EVENT_SUMMARY, SUMMARY_VALUE = 2, 5, 1
VALUE_TAG, VALUE_SIMPLE, VALUE_TENSOR = 1, 2, 8
TENSOR_TYPE, TENSOR_CONTENT, TENSOR_FLOATS, TENSOR_DOUBLES = 1, 4, 5, 6
FLOAT, DOUBLE = 1, 2  # of types.proto


def _remainder(byte: int) -> int:
    """What one byte makes of CRC-32C's register."""
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    return byte


REMAINDERS = [_remainder(byte) for byte in range(256)]


def sniff(source: Source) -> bool:
    """The first record's length must have its checksum."""
    head = source.head
    return len(head) >= 12 and _length(head[:12]) is not None


def read(source: Source) -> Iterator[dict[str, float]]:
    """A row for each event with scalars; what follows a broken record is left out."""
    while header := source.read(12):
        length = _length(header)
        body = b"" if length is None else source.read(length + 4)
        if length is None or len(body) < length:
            source.notes.append("the last record is cut off or broken, and was left out")
            return
        try:
            row = _scalars(body[:length])
        except (ValueError, IndexError, struct.error):
            source.notes.append("a record is broken; it and what follows were left out")
            return
        if len(row) > 1:
            yield row


def _length(header: bytes) -> int | None:
    """The length of a record; None if its checksum does not fit."""
    if len(header) < 12:
        return None
    length, check = struct.unpack("<QI", header)
    return length if check == masked_crc(header[:8]) and length <= LARGEST else None


def masked_crc(data: bytes) -> int:
    """The checksum of the format: CRC-32C, rotated and shifted.

    >>> hex(masked_crc(bytes([24, 0, 0, 0, 0, 0, 0, 0])))
    '0x224b7fa3'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = REMAINDERS[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _scalars(event: bytes) -> dict[str, float]:
    """The scalars of one event by their tags, and its step."""
    row: dict[str, float] = {"step": 0.0}
    for number, value in _fields(event):
        if number == EVENT_STEP and isinstance(value, int):
            row["step"] = float(value - 2**64 if value >= 2**63 else value)
        elif number == EVENT_SUMMARY and isinstance(value, bytes):
            for inner, item in _fields(value):
                if inner == SUMMARY_VALUE and isinstance(item, bytes):
                    tag, scalar = _value(item)
                    if scalar is not None:
                        row[tag] = scalar
    return row


def _value(item: bytes) -> tuple[str, float | None]:
    tag, scalar = "", None
    for number, value in _fields(item):
        if number == VALUE_TAG and isinstance(value, bytes):
            tag = value.decode("utf8", "replace")
        elif number == VALUE_SIMPLE and isinstance(value, float):
            scalar = value
        elif number == VALUE_TENSOR and isinstance(value, bytes):
            scalar = _tensor(value)
    return tag, scalar


def _tensor(tensor: bytes) -> float | None:
    """The number of a tensor that holds one; None for text, pictures and histograms."""
    found: dict[int, Any] = dict(_fields(tensor))
    kind = found.get(TENSOR_TYPE)
    for letter, size, type_, key in (("f", 4, FLOAT, TENSOR_FLOATS), ("d", 8, DOUBLE, TENSOR_DOUBLES)):
        if kind == type_:
            content = found.get(TENSOR_CONTENT, found.get(key))
            if isinstance(content, float):
                return content
            return (
                struct.unpack(f"<{letter}", content)[0] if isinstance(content, bytes) and len(content) == size else None
            )
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The fields of a message: number and value, by the four wire types that are in use.

    Raises:
        ValueError, IndexError, struct.error: it is none.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
        elif wire == 1:
            yield number, struct.unpack_from("<d", message, at)[0]
            at += 8
        elif wire == 5:
            yield number, struct.unpack_from("<f", message, at)[0]
            at += 4
        elif wire == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field ends beyond its message")
            yield number, message[at : at + length]
            at += length
        else:
            raise ValueError(f"there is no wire type {wire}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place after it."""
    value, shift = 0, 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a number is too long")
