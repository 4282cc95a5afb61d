"""Videos, markers and epochs come, change and go."""

from app.project import edits
from app.project.values import Edit
from tests.unit.app.project.records import correction, epoch, marker, medium, note

OTHER = medium("m2", "films/other.mp4")


def test_videos_come():
    assert edits.add_media([OTHER]) == Edit("Add other.mp4", (), (OTHER,))
    assert edits.add_media([medium(), OTHER]).name == "Add 2 videos"


def test_videos_go_with_what_was_said_about_them_only():
    mine = (correction("c1", 0, 1), note(), marker(), epoch())
    elsewhere = correction("c2", 0, 1, media_id="m2")
    edit = edits.remove_media([medium()], (mine[0], elsewhere), mine[1:2], mine[2:3], mine[3:])
    assert edit == Edit("Remove clip.mp4", (*mine, medium()), ())
    assert edits.remove_media([medium(), OTHER]).name == "Remove 2 videos"


def test_a_video_is_found_again():
    assert edits.relink(OTHER, "b/x.mp4") == Edit("Find other.mp4", (OTHER,), (medium("m2", "b/x.mp4"),))
    (new,) = edits.relink(OTHER, "x.mp4", size_bytes=7, sha256="cd" * 32, duration_s=3.0).added
    assert (new.size_bytes, new.sha256, new.duration_s) == (7, "cd" * 32, 3.0)


def test_markers():
    (new,) = edits.add_marker("m1", 2.5, "look", "ana").added
    assert (new.media_id, new.time_s, new.text, new.coder) == ("m1", 2.5, "look", "ana")
    assert edits.edit_marker(new, time_s=0.0).added[0].time_s == 0.0
    changed = edits.edit_marker(new, text="")
    assert (changed.name, changed.removed) == ("Edit marker", (new,))
    assert (changed.added[0].text, changed.added[0].time_s, changed.added[0].id) == ("", 2.5, new.id)
    assert edits.edit_marker(new).empty


def test_epochs():
    (new,) = edits.add_epoch("m1", 1.0, 4.0, "stress").added
    assert (new.start_s, new.end_s, new.name) == (1, 4, "stress")
    changed = edits.edit_epoch(new, start_s=0.0, end_s=2.0, name="calm").added[0]
    assert (changed.id, changed.start_s, changed.end_s, changed.name) == (new.id, 0, 2, "calm")
    assert edits.edit_epoch(new).empty


def test_deleting_says_what():
    assert edits.delete([marker()]) == Edit("Delete marker", (marker(),))
    assert edits.delete([correction("c1", 0, 1), correction("c2", 1, 2)]).name == "Delete 2 corrections"
    assert edits.delete([marker(), epoch()]).name == "Delete 2 records"


def test_several_as_one():
    first, second = edits.delete([marker()]), edits.add_media([OTHER])
    assert edits.together("Tidy up", [first, second]) == Edit("Tidy up", (marker(),), (OTHER,))
    assert edits.together("Nothing", []).empty
