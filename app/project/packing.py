"""An analysis as a text and named arrays, and back, bit for bit.

The text is JSON in which every value class is named, and every array stands as the name under which it is stored.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np

from engine.values import (
    Analysis,
    BundleRef,
    FrameTrack,
    FusedTrack,
    Gap,
    Label,
    MediaInfo,
    Person,
    SecondTrack,
    Segment,
    Timing,
    Track,
)

FORMAT: Final = 1
"""Changes with the value classes; an analysis in another format is made again rather than guessed at."""
DTYPES: Final = frozenset({"<f4", "<f8", "<i8", "|b1", "|u1", "<u2"})
_CLASSES: Final = {
    kind.__name__: kind
    for kind in (
        Analysis, BundleRef, FrameTrack, FusedTrack, Gap, Label, MediaInfo, Person, SecondTrack, Segment, Timing, Track,
    )
}  # fmt: skip
_FEW_WORDS: Final = 16
"""A longer tuple of texts is stored as numbers of its few different words."""


def packed(analysis: Analysis) -> tuple[str, dict[str, np.ndarray]]:
    """The text, and the arrays it refers to."""
    arrays: dict[str, np.ndarray] = {}
    document = _plain(analysis, "", arrays)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")), arrays


def unpacked(text: str, arrays: Mapping[str, np.ndarray]) -> Analysis:
    """The analysis again.

    Raises:
        ValueError: the text or the arrays are not what `packed` gives.
    """
    try:
        analysis = _value(json.loads(text), arrays)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"the stored analysis is incomplete: {error}") from error
    if not isinstance(analysis, Analysis):
        raise ValueError("what is stored is no analysis")
    return analysis


def _plain(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    if is_dataclass(value):
        members = {
            field.name: _plain(getattr(value, field.name), f"{name}.{field.name}".lstrip("."), arrays)
            for field in fields(value)
        }
        return {"is": type(value).__name__, **members}
    if isinstance(value, np.ndarray):
        arrays[name] = value.astype(value.dtype.newbyteorder("<"), copy=False)
        return {"array": name}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {"map": {key: _plain(member, f"{name}.{key}", arrays) for key, member in value.items()}}
    if isinstance(value, tuple):
        if len(value) > _FEW_WORDS and all(isinstance(word, str) for word in value):
            words = tuple(dict.fromkeys(value))
            numbers = {word: number for number, word in enumerate(words)}
            arrays[name] = np.array([numbers[word] for word in value], np.uint16 if len(words) > 256 else np.uint8)
            return {"words": words, "array": name}
        return [_plain(member, f"{name}.{place}", arrays) for place, member in enumerate(value)]
    return value


def _value(plain: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(plain, list):
        return tuple(_value(member, arrays) for member in plain)
    if not isinstance(plain, dict):
        return plain
    if "is" in plain:
        members = {key: _value(member, arrays) for key, member in plain.items() if key != "is"}
        return _CLASSES[plain["is"]](**members)
    if "map" in plain:
        return {key: _value(member, arrays) for key, member in plain["map"].items()}
    if "words" in plain:
        return tuple(plain["words"][number] for number in arrays[plain["array"]].tolist())
    return arrays[plain["array"]]
