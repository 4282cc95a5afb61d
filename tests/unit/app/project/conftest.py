"""A project of one video, in a folder of its own."""

import pytest

from app.project.store import create_project
from tests.unit.app.project.records import adding, medium


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.affectline"


@pytest.fixture
def project(path):
    with create_project(path, who="ana") as made:
        made.do(adding(medium(), name="Add clip.mp4"))
        yield made
