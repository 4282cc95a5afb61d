"""AFEW (Dhall et al., EmotiW 2017): clips of films, one to five seconds, in folders ``Train``, ``Val`` and ``Test``.

``Train_AFEW|Train/<Emotion>/<id>.avi``. Clips outside the folder of an emotion, as those to be tested on, can be named
by a list beside them: a txt or csv with a clip and its emotion on each line.

Who is seen is not told, so clips are kept together by film. Names do not tell the film either: they are the time of the
clip in its film, as ``hhmmssmmm``. Their leading four digits keep at least a scene together (and, by chance, clips of
films that have nothing to do with each other, which does no harm). A ``films.csv`` with the columns ``clip`` and
``film`` beside the folders tells more.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.emotions import EMOTIONS
from engine.errors import DatasetError
from trainer.datasets.example import Clips, Example, Split, gathered
from trainer.datasets.files import VIDEO_SUFFIXES, check_folder, folders_in, media_below
from trainer.datasets.spelling import spelt

SOURCE: Final = "afew"
FILMS_NAME: Final = "films.csv"
FILM_DIGITS: Final = 4
"""Of a name, the hour and the minute."""

_SPLIT: Final = re.compile(r"(?:afew[\d.\W_]*)?(?P<split>train|val|test)(?:ing|id|idation)?(?:[\W_].*)?", re.I)
_SPLITS: Final[dict[str, Split]] = {"train": "train", "val": "val", "test": "test"}
_CLIP: Final = re.compile(r"(?:.*[/\\])?\d{6,}(?:\.\w+)?")
_FILM: Final = f"{SOURCE}-film-"
_LISTS: Final = (".txt", ".csv")


@dataclass(frozen=True, slots=True)
class _Row:
    """What a list says of a clip, and where."""

    clip: str
    emotion: int
    where: str


def read_clips(folder: Path) -> Clips:
    """The clips of all parts, ordered by part, emotion and name.

    Left out and told: clips without an emotion, clips whose list contradicts their folder, rows that make no sense.

    Raises:
        DatasetError: the folder is missing, no clip in it has an emotion, or ``films.csv`` is no such table.
    """
    folder = Path(folder)
    check_folder(folder)
    films = _read_films(folder / FILMS_NAME)
    examples: list[Example] = []
    skipped: list[str] = []
    for split, home in _splits(folder):
        part = list(_read_part(folder, home, split, films, skipped))
        examples += sorted(part, key=lambda example: (example.emotion, example.path.name))
    return gathered(folder, examples, skipped, _on_films(examples, bool(films)))


def is_afew(path: Path) -> bool:
    """Whether a path is a folder of such parts with clips in them."""
    for split, home in _splits(path):
        listed = _read_lists(path, home, split, [])
        if listed or any(_above(clip, home) is not None for clip in media_below(home, VIDEO_SUFFIXES)):
            return True
    return False


def _splits(folder: Path) -> list[tuple[Split, Path]]:
    """The parts in a folder; a folder without any is one itself if it is named so."""
    named = [(home.name, home) for home in folders_in(folder)]
    found = _matching(named) or _matching([(folder.resolve().name, folder)])
    return sorted(found, key=lambda pair: (list(_SPLITS).index(pair[0]), pair[1]))


def _matching(named: list[tuple[str, Path]]) -> list[tuple[Split, Path]]:
    return [(_SPLITS[match["split"].lower()], home) for name, home in named if (match := _SPLIT.fullmatch(name))]


def _read_part(folder: Path, home: Path, split: Split, films: dict[str, str], skipped: list[str]) -> Iterator[Example]:
    """The clips of a part; `skipped` is filled meanwhile."""
    listed = _read_lists(folder, home, split, skipped)
    nameless = Counter[str]()
    for clip in media_below(home, VIDEO_SUFFIXES):
        row = _row_of(clip, listed)
        where, above = clip.relative_to(folder), _above(clip, home)
        emotion = row.emotion if above is None and row else above
        if emotion is None:
            nameless[where.parent.as_posix()] += 1
        elif row and row.emotion != emotion:
            said = f"its folder says {EMOTIONS[emotion]} and {row.where} {EMOTIONS[row.emotion]}"
            skipped.append(f"{where.as_posix()}: {said}")
        else:
            yield Example(clip, 0.0, None, emotion, _group(where, split, films), split)
    skipped += [
        f"{part}: {count} without a label; neither a folder nor a list says which of {', '.join(EMOTIONS)}"
        for part, count in nameless.items()
    ]
    skipped += [f"{row.where}: there is no clip {row.clip}" for rows in listed.values() for row in rows]


def _row_of(clip: Path, listed: dict[str, list[_Row]]) -> _Row | None:
    """The row of a clip, taken from those left; of several that are called so the one with its folder."""
    rows = listed.get(clip.stem, [])
    row = next((row for row in rows if Path(row.clip).parent.name == clip.parent.name), rows[0] if rows else None)
    if row:
        rows.remove(row)
    return row


def _above(clip: Path, home: Path) -> int | None:
    """The emotion that the nearest folder of such a name means."""
    named = [spelt(part) for part in reversed(clip.relative_to(home).parts[:-1])]
    return next((emotion for emotion in named if emotion is not None), None)


def _group(where: Path, split: Split, films: dict[str, str]) -> str:
    """The film; by digits alone never the same in two parts, which the makers cut by people."""
    keys = (where.with_suffix("").as_posix(), f"{where.parent.name}/{where.stem}", where.stem)
    film = next((films[key] for key in keys if key in films), None)
    return f"{_FILM}{film}" if film else f"{SOURCE}-{split}-{where.stem[:FILM_DIGITS]}"


def _on_films(examples: list[Example], told: bool) -> list[str]:
    """What the groups are worth."""
    by_digits = sum(not example.group.startswith(_FILM) for example in examples)
    if not by_digits:
        return []
    which = f"{by_digits} clips are in no row of {FILMS_NAME}; their films" if told else "films"
    return [
        f"{which} are told by the first {FILM_DIGITS} digits of names, a time in the film: that keeps scenes together, "
        f"not people; a {FILMS_NAME} (clip,film) does"
    ]


def _read_lists(folder: Path, home: Path, split: Split, skipped: list[str]) -> dict[str, list[_Row]]:
    """Rows of a part's lists, which lie in it or, with its name in theirs, beside it; by the clip's name alone."""
    beside = [path for path in _texts(folder) if split in path.stem.lower()] if home != folder else []
    rows: dict[str, list[_Row]] = defaultdict(list)
    for path in (*_texts(home), *beside):
        for number, cells in _listed(path):
            where = f"{path.relative_to(folder).as_posix()} line {number}"
            emotion = spelt(cells[1]) if len(cells) == 2 else None
            if not _CLIP.fullmatch(cells[0]):
                skipped.append(f"{where}: {cells[0]!r} is no clip's name")
            elif emotion is None:
                skipped.append(f"{where}: emotion {' '.join(cells[1:])!r} is none of {', '.join(EMOTIONS)}")
            else:
                clip = cells[0].replace("\\", "/")
                rows[Path(clip).stem].append(_Row(clip, emotion, where))
    return rows


def _texts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*") if path.suffix.lower() in _LISTS and path.name != FILMS_NAME)


def _listed(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and cells of a list, its heading left out; nothing of a text that is no list."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise DatasetError(path, f"cannot be read ({error.strerror})") from error
    rows = [(number, re.split(r"[\s,;]+", line.strip())) for number, line in enumerate(lines, start=1) if line.strip()]
    for first in (0, 1):
        if any(_CLIP.fullmatch(cells[0]) for _, cells in rows[first : first + 1]):
            return rows[first:]
    return []


def _read_films(path: Path) -> dict[str, str]:
    """Film by clip without its suffix: its name, with its folder or with its whole path in the data set.

    Raises:
        DatasetError: the file is no csv of clip and film; a broken row may part the clips of one film, so it counts.
    """
    if not path.is_file():
        return {}
    films = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            if [cell.strip().lower() for cell in next(rows, [])] != ["clip", "film"]:
                raise DatasetError(path, "its columns are not clip,film")
            for cells in rows:
                if len(cells) != 2 or not all(cell.strip() for cell in cells):
                    raise DatasetError(path, f"line {rows.line_num} is not a clip and a film")
                clip = Path(cells[0].strip().replace("\\", "/")).with_suffix("").as_posix()
                films[clip] = cells[1].strip()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(path, f"cannot be read as csv ({error})") from error
    return films
