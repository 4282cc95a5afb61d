"""A packed analysis in pieces, none larger than a transaction may be, and together again."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from app.project.packing import DTYPES
from app.project.side_store import PIECE_BYTES

DOCUMENT: Final = "document"
"""The name of the text among the arrays."""
Piece = tuple[str, int, str, str, bytes]
"""Name, number, dtype, shape, data."""


def pieces_of(text: str, arrays: Mapping[str, np.ndarray]) -> Iterator[Piece]:
    """Rows of what is to be stored."""
    document = np.frombuffer(text.encode(), np.uint8)
    for name, array in {**arrays, DOCUMENT: document}.items():
        data = np.ascontiguousarray(array).tobytes()
        shape = ",".join(map(str, array.shape))
        for place in range(0, max(1, len(data)), PIECE_BYTES):
            yield name, place // PIECE_BYTES, array.dtype.str, shape, data[place : place + PIECE_BYTES]


def grouped(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """The pieces in groups that one transaction may write."""
    group: list[Piece] = []
    size = 0
    for piece in pieces:
        if group and size + len(piece[-1]) > PIECE_BYTES:
            yield group
            group, size = [], 0
        group.append(piece)
        size += len(piece[-1])
    if group:
        yield group


def together(rows: Iterable[tuple[str, str, str, bytes]]) -> tuple[str, dict[str, np.ndarray]]:
    """Text and arrays out of rows (name, dtype, shape, data), those of one name in their order.

    Raises:
        KeyError, ValueError: something is missing or is not what `pieces_of` gives.
    """
    parts: dict[tuple[str, str, str], list[bytes]] = {}
    for name, dtype, shape, data in rows:
        parts.setdefault((name, dtype, shape), []).append(data)
    arrays = {name: _array(name, dtype, shape, b"".join(data)) for (name, dtype, shape), data in parts.items()}
    return arrays.pop(DOCUMENT).tobytes().decode(), arrays


def _array(name: str, dtype: str, shape: str, data: bytes) -> np.ndarray:
    if dtype not in DTYPES:
        raise ValueError(f"{name} is of type {dtype}")
    lengths = tuple(int(length) for length in shape.split(",") if length)
    return np.frombuffer(data, np.dtype(dtype)).reshape(lengths)
