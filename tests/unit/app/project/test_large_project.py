"""What ``python -m tests.bench.projects`` measures, on a small project."""

from app.project.analyses import AnalysisStore
from app.project.store import open_project
from tests.bench.projects import make_project, measured


def test_a_made_project_is_a_project(path):
    make_project(path, videos=3, corrections=50, minutes=1)
    with open_project(path) as project, AnalysisStore(path) as store:
        assert len(project.media()) == 3
        assert sorted(project.correction_counts().values()) == [16, 17, 17]
        assert project.coders() == ("ana", "ben")
        assert set(store.summaries()) == {medium.id for medium in project.media()}
        assert len(store.segments_of_all()) == 3 * (2 * 12 + 1)
        assert project.integrity_check() is None
    assert all(time_s > 0 for time_s in measured(path).values())
