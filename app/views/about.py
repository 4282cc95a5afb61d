"""What this program is: its version, whose work it stands on, and what its model was made from."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app import __version__, places
from app.views import icons, theme
from engine.errors import BundleError

PROGRAM: Final = "affectline"
CARD: Final = "MODEL_CARD.md"
UNKNOWN: Final = "not stated"
LIMITS: Final = (
    "Affectline reads displayed expression and tone of voice, not what somebody feels. Do not decide about people "
    "with it."
)


@dataclass(frozen=True, slots=True)
class Library:
    """A package this program uses, as installed."""

    name: str
    version: str
    licence: str


def libraries(program: str = PROGRAM) -> tuple[Library, ...]:
    """Everything that the program needs to run, directly or not, by name; what is not installed is left out."""
    seen: dict[str, Library] = {}
    waiting = [program]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in seen:
            continue
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        seen[name] = Library(found.metadata["Name"], found.version, licence_of(found))
        waiting += _needs(found)
    seen.pop(canonicalize_name(program), None)
    return tuple(sorted(seen.values(), key=lambda library: library.name.casefold()))


def _needs(found: Distribution) -> Iterator[str]:
    for line in found.requires or []:
        try:
            need = Requirement(line)
        except InvalidRequirement:
            continue
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield need.name


def licence_of(found: Distribution) -> str:
    """The licence a package states, in one line."""
    stated = _field(found, "License-Expression")
    if not stated:
        classifiers = found.metadata.get_all("Classifier") or []
        names = [line.rsplit(" :: ", 1)[-1] for line in classifiers if line.startswith("License ::")]
        stated = ", ".join(name for name in names if name != "OSI Approved")
    if not stated:
        lines = [line.strip() for line in _field(found, "License").splitlines() if line.strip()]
        stated = lines[0] if lines and len(lines[0]) < 80 else ""
    return stated or UNKNOWN


def _field(found: Distribution, name: str) -> str:
    return next(iter(found.metadata.get_all(name) or []), "")


def model_card() -> str:
    """What the model that came with the program was made from, as Markdown."""
    try:
        return (places.find_bundle(places.DEFAULT_BUNDLE) / CARD).read_text(encoding="utf-8")
    except (BundleError, OSError):
        return "The model that came with the program is missing."


class AboutDialog(QDialog):
    """Version, licences and the model's card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Affectline")
        self.resize(760, 560)
        self.licences = QTableWidget(0, 3)
        self.card = QTextBrowser()
        self.card.setOpenExternalLinks(True)
        self.card.setAccessibleName("Model card")
        self.card.setMarkdown(model_card())
        self.tabs = QTabWidget()
        self.tabs.addTab(self.card, "Model")
        self.tabs.addTab(self.licences, "Libraries and licences")
        self._fill_licences()
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 16)
        layout.setSpacing(14)
        layout.addLayout(self._heading())
        layout.addWidget(self.tabs, 1)
        layout.addLayout(last)

    def _heading(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(icons.program_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        name = QLabel("Affectline")
        theme.set_role(name, "title")
        self.version = QLabel(f"Version {__version__} · Python {platform.python_version()} · Qt {qVersion()}")
        theme.set_role(self.version, "muted")
        self.version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        limits = QLabel(LIMITS)
        limits.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(4)
        for widget in (name, self.version, limits):
            words.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(18)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    def _fill_licences(self) -> None:
        found = libraries()
        self.licences.setAccessibleName("Libraries and licences")
        self.licences.setHorizontalHeaderLabels(["Library", "Version", "Licence"])
        self.licences.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.licences.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.licences.setShowGrid(False)
        self.licences.verticalHeader().hide()
        self.licences.setRowCount(len(found))
        for row, library in enumerate(found):
            for column, text in enumerate((library.name, library.version, library.licence)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.licences.setItem(row, column, item)
        header = self.licences.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column in (0, 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
