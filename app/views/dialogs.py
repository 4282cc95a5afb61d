"""Questions and file choosers, each one function, so that tests can answer for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final, Literal

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from app.video_suffixes import VIDEO_SUFFIXES

Role = Literal["yes", "no", "destroy", "cancel"]

VIDEOS: Final = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
PROJECTS: Final = "*.affectline"
OPENABLE: Final = f"Videos and projects ({PROJECTS} {VIDEOS});;Projects ({PROJECTS});;Videos ({VIDEOS});;All files (*)"
ONLY_VIDEOS: Final = f"Videos ({VIDEOS});;All files (*)"
ONLY_PROJECTS: Final = f"Projects ({PROJECTS})"

_ROLES: Final = {
    "yes": QMessageBox.ButtonRole.AcceptRole,
    "no": QMessageBox.ButtonRole.NoRole,
    "destroy": QMessageBox.ButtonRole.DestructiveRole,
    "cancel": QMessageBox.ButtonRole.RejectRole,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A button: what it says, and what kind of answer it is. Enter chooses the first that destroys nothing."""

    text: str
    role: Role = "yes"


CANCEL: Final = Answer("Cancel", "cancel")


class _Folder:
    """Where the last file was chosen. One for the process, as people expect."""

    path: Path | None = None


def remembered_folder() -> Path | None:
    """Where the last file was chosen, for the settings."""
    return _Folder.path


def remember_folder(path: Path | None) -> None:
    """Where the next chooser starts."""
    _Folder.path = path


def ask(parent: QWidget | None, title: str, sentence: str, answers: Sequence[Answer], detail: str = "") -> Answer:
    """Put a question; Escape and closing it mean the answer that cancels, or else the last one."""
    box = question(parent, title, sentence, answers, detail)
    box.exec()
    clicked = box.clickedButton()
    place = clicked.property("answer") if clicked is not None else None
    return _escape(answers) if place is None else answers[place]


def question(
    parent: QWidget | None, title: str, sentence: str, answers: Sequence[Answer], detail: str = ""
) -> QMessageBox:
    """The box that `ask` shows."""
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setText(f"<b>{escape(title)}</b>")
    box.setInformativeText(f"<span>{escape(sentence)}</span>")
    box.setDetailedText(detail)
    for place, answer in enumerate(answers):
        made = box.addButton(answer.text, _ROLES[answer.role])
        made.setProperty("answer", place)
        if answer is _default(answers):
            box.setDefaultButton(made)
        if answer is _escape(answers):
            box.setEscapeButton(made)
    return box


def tell(parent: QWidget | None, title: str, sentence: str, detail: str = "") -> None:
    """Say something that must not be missed."""
    ask(parent, title, sentence, (Answer("OK"),), detail)


def choose_to_open(parent: QWidget | None, title: str = "Open", kinds: str = OPENABLE) -> list[Path]:
    """Files to open; none when the person thought better of it."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, _start(), kinds)
    return _remembered([Path(name) for name in names])


def choose_one(parent: QWidget | None, title: str, kinds: str) -> Path | None:
    """One file that is there."""
    name, _ = QFileDialog.getOpenFileName(parent, title, _start(), kinds)
    return next(iter(_remembered([Path(name)] if name else [])), None)


def choose_to_save(parent: QWidget | None, title: str, name: str, kinds: str, suffix: str) -> Path | None:
    """A file to write, with its suffix whether or not it was typed."""
    proposed = str(Path(_start()) / name)
    chosen, _ = QFileDialog.getSaveFileName(parent, title, proposed, kinds)
    if not chosen:
        return None
    path = Path(chosen)
    return _remembered([path if path.suffix == suffix else path.with_name(path.name + suffix)])[0]


def choose_folder(parent: QWidget | None, title: str) -> Path | None:
    """A folder that is there."""
    name = QFileDialog.getExistingDirectory(parent, title, _start())
    if name:
        remember_folder(Path(name))
    return Path(name) if name else None


def ask_text(parent: QWidget | None, title: str, label: str, text: str = "", known: Sequence[str] = ()) -> str | None:
    """A line of text, perhaps one of those known; None when the person thought better of it."""
    if known:
        said, agreed = QInputDialog.getItem(parent, title, label, [*dict.fromkeys([text, *known])], 0, True)
    else:
        said, agreed = QInputDialog.getText(parent, title, label, text=text)
    return said.strip() if agreed else None


def ask_number(
    parent: QWidget | None, title: str, label: str, value: float, least: float, most: float, decimals: int = 2
) -> float | None:
    """A number between two limits; None when the person thought better of it."""
    said, agreed = QInputDialog.getDouble(parent, title, label, value, least, most, decimals)
    return said if agreed else None


def _escape(answers: Sequence[Answer]) -> Answer:
    return next((answer for answer in answers if answer.role == "cancel"), answers[-1])


def _default(answers: Sequence[Answer]) -> Answer:
    return next((answer for answer in answers if answer.role != "destroy"), answers[0])


def _start() -> str:
    folder = _Folder.path
    return str(folder if folder is not None and folder.is_dir() else Path.home())


def _remembered(paths: list[Path]) -> list[Path]:
    if paths:
        remember_folder(paths[0].parent)
    return paths
