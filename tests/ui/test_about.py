"""About: the version, every library's licence, the model's card."""

from email.message import Message
from importlib.metadata import Distribution

import pytest
from PySide6.QtCore import QEvent

from app import __version__, places
from app.views import about
from app.views.about import UNKNOWN, AboutDialog, libraries, licence_of, model_card


@pytest.fixture(autouse=True)
def _gone_afterwards(qapp):
    """Windows that pytest-qt closed would be styled anew with every change of theme."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class Package(Distribution):
    """A distribution made of its metadata alone."""

    def __init__(self, **fields):
        self._fields = fields

    @property
    def metadata(self):
        made = Message()
        for name, value in self._fields.items():
            for line in value if isinstance(value, list) else [value]:
                made[name.replace("_", "-")] = line
        return made

    def read_text(self, filename):
        return None

    def locate_file(self, path):
        return path


@pytest.mark.parametrize(
    ("package", "licence"),
    [
        (Package(License_Expression="MIT", License="something else"), "MIT"),
        (Package(Classifier=["Topic :: X", "License :: OSI Approved :: MIT License"]), "MIT License"),
        (Package(Classifier="License :: OSI Approved", License="BSD"), "BSD"),
        (Package(License="\nApache-2.0\nmore"), "Apache-2.0"),
        (Package(License="The whole text of a licence that goes on for longer than a line of a table has room for it"),
         UNKNOWN),
        (Package(), UNKNOWN),
    ],
)  # fmt: skip
def test_a_licence_in_one_line(package, licence):
    assert licence_of(package) == licence


def test_libraries_are_those_the_program_needs_and_what_they_need():
    found = {library.name.casefold(): library for library in libraries()}
    assert {"pyside6", "torch", "numpy", "shiboken6", "filelock"} <= set(found)
    assert "affectline" not in found
    assert "pytest" not in found
    assert list(found) == sorted(found)
    assert all(library.version and library.licence for library in found.values())


def test_an_unknown_program_has_no_libraries():
    assert libraries("no-such-program") == ()


def test_the_dialog_shows_all_three(qtbot):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    assert __version__ in dialog.version.text()
    assert dialog.licences.rowCount() == len(libraries())
    assert "starter" in dialog.card.toPlainText()
    assert "FER2013" in dialog.card.toPlainText()


def test_a_missing_model_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "shipped_bundles", lambda: tmp_path)
    assert "missing" in model_card()
    (tmp_path / "starter").mkdir()
    (tmp_path / "starter" / places.MANIFEST).touch()
    assert "missing" in model_card()
    (tmp_path / "starter" / about.CARD).write_text("# mine", encoding="utf-8")
    assert model_card() == "# mine"
