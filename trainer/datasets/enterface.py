"""eNTERFACE'05 (Martin et al., ICDE Workshops 2006): 44 people react to six stories; six emotions, no neutral.

``subject N/<emotion>/sentence M/sN_an_M.avi``. The folders are right and the names often not: one subject's files bear
another's number, some lack an underscore or have the suffix twice. So person and emotion are read from the folders.
One subject was recorded in a whole session an emotion, uncut; those minutes are no examples.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from engine.emotions import EMOTIONS
from trainer.datasets.example import Clips, gathered
from trainer.datasets.files import check_folder, folders_in, media_below
from trainer.datasets.spelling import spelt
from trainer.datasets.takes import Take, fullest, modality_of

SOURCE: Final = "enterface"
SUBJECTS: Final = 44

_SUBJECT: Final = re.compile(r"subject[\s_-]*0*(?P<number>\d+)", re.I)
_CODE: Final = re.compile(r"s_?0*(?P<number>\d+)_(?P<code>an|di|fe|ha|sa|su)(?![a-z])", re.I)
_CODES: Final = {"an": "angry", "di": "disgust", "fe": "fear", "ha": "happy", "sa": "sad", "su": "surprise"}


def read_clips(folder: Path) -> Clips:
    """The recordings of all subjects, ordered by the names of the files.

    Names that contradict their folder are noted, and so are missing subjects.

    Raises:
        DatasetError: the folder is missing or has no recording of a subject.
    """
    folder = Path(folder)
    check_folder(folder)
    subjects = _subjects(folder)
    takes, skipped, odd = [], [], Counter[str]()
    for number, home in subjects:
        for path, labels in _recordings(home):
            where = path.relative_to(folder).as_posix()
            if not labels:
                skipped.append(f"{where}: no folder above it is named after one of {', '.join(EMOTIONS)}")
                continue
            take = Take(path, labels[0], f"{SOURCE}-{number:02}", str(path.with_suffix("")), modality_of(path))
            takes.append(take)
            odd.update(_contradictions(take, number))
    whole = _sessions(takes)
    skipped += [f"{path.relative_to(folder).as_posix()}: a whole session, not cut into sentences" for path in whole]
    kept = fullest(take for take in takes if take.path not in whole)
    notes = [f"{count} {'file' if count == 1 else 'files'} of {clause}" for clause, count in odd.items()]
    notes += _absent(number for number, _ in subjects)
    return gathered(folder, kept, skipped, notes, "recording of a subject")


def is_enterface(path: Path) -> bool:
    """Whether a path is a folder of such subjects."""
    return any(labels for _, home in _subjects(path) for _, labels in _recordings(home))


def _subjects(folder: Path) -> list[tuple[int, Path]]:
    """Number and folder of each subject, in a folder or in those directly in it."""
    for homes in ([folder], folders_in(folder), [below for home in folders_in(folder) for below in folders_in(home)]):
        found = [(int(match["number"]), home) for home in homes if (match := _SUBJECT.fullmatch(home.name.strip()))]
        if found:
            return sorted(found)
    return []


def _recordings(subject: Path) -> Iterator[tuple[Path, list[int]]]:
    """Files of a subject, and the emotions that folders between are named after, the nearest to the subject first."""
    for path in media_below(subject):
        above = [spelt(part) for part in path.relative_to(subject).parts[:-1]]
        yield path, [emotion for emotion in above if emotion is not None]


def _contradictions(take: Take, number: int) -> Iterator[str]:
    """What a file's name says otherwise than its folders."""
    said = _CODE.match(take.path.stem)
    if said is None:
        return
    if int(said["number"]) != number:
        yield f"subject {number} are named after subject {int(said['number'])}"
    named = _CODES[said["code"].lower()]
    if named != EMOTIONS[take.emotion]:
        yield f"subject {number} in the folder of {EMOTIONS[take.emotion]} are named after {named}"


def _sessions(takes: list[Take]) -> list[Path]:
    """Recordings that are alone in the folder of an emotion, where others are cut into sentences."""
    count = Counter((take.person, take.emotion) for take in takes)
    single = [take.path for take in takes if count[take.person, take.emotion] == 1]
    alone = [path for path in single if spelt(path.parent.name) is not None]
    return alone if len(alone) < len(takes) else []


def _absent(present: Iterable[int]) -> list[str]:
    missing = sorted(set(range(1, SUBJECTS + 1)) - set(present))
    if not missing:
        return []
    named = f": {', '.join(map(str, missing))}" if len(missing) <= 5 else ""
    return [f"{len(missing)} of {SUBJECTS} subjects are not there{named}"]
