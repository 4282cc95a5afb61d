"""Settings: one table, read forgivingly, stored whole."""

from pathlib import Path

import pytest

from app import places
from app.settings import (
    FEATURES,
    PAGES,
    RECENT_FILES,
    TABLE,
    Settings,
    checked,
    from_stored,
    read_settings,
    settings_file,
    settings_of,
    write_settings,
)
from engine.errors import StorageError

CHANGED = (
    Settings()
    .with_("theme", "dark")
    .with_("volume", 0.25)
    .with_("snap", False)
    .with_("own_shortcuts", {"label.happy": "G", "split": ""})
    .with_("lanes", {"order": ["sound"], "lines": {"sound": 3.5}})
    .opened(Path("/videos/é.mp4"))
)


def test_the_table_fits_itself():
    for setting in TABLE.values():
        assert checked(setting, setting.default) == setting.default
        assert getattr(Settings(), setting.key) == setting.default
        assert not setting.page or (setting.title and setting.help)
    assert {setting.page for setting in TABLE.values()} - {""} == set(PAGES)


def test_pages_keep_the_tables_order():
    assert [setting.key for setting in settings_of("Timeline")] == ["sound_lane", "frame_lane", "snap", "accept_above"]


def test_what_was_written_is_read():
    write_settings(CHANGED)
    assert settings_file().parent == places.config()
    assert read_settings() == (CHANGED, ())


def test_only_what_differs_is_written():
    write_settings(Settings())
    assert settings_file().read_text() == ""
    assert read_settings() == (Settings(), ())


def test_no_file_is_no_fault():
    assert read_settings() == (Settings(), ())


@pytest.mark.parametrize(
    ("stored", "key"),
    [
        ({"theme": "pink"}, "theme"),
        ({"snap": 1}, "snap"),
        ({"volume": 7}, "volume"),
        ({"volume": True}, "volume"),
        ({"volume": float("nan")}, "volume"),
        ({"coder": 3}, "coder"),
        ({"recent": "a.mp4"}, "recent"),
        ({"own_shortcuts": {"split": 3}}, "own_shortcuts"),
        ({"lanes": []}, "lanes"),
        ({"theme": ["dark"]}, "theme"),
    ],
)
def test_a_wrong_value_is_told_and_its_default_stands_in(stored, key):
    settings, complaints = from_stored({**stored, "device": "cpu"})
    assert getattr(settings, key) == TABLE[key].default
    assert settings.device == "cpu"
    assert len(complaints) == 1
    assert repr(key) in complaints[0]


def test_an_unknown_setting_is_told():
    settings, complaints = from_stored({"flux": 1, "snap": False})
    assert settings == Settings().with_("snap", False)
    assert complaints == ("the setting 'flux' is not known and was left out",)


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe\x00"])
def test_a_damaged_file_is_told(tmp_path, content):
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    settings, complaints = read_settings(file)
    assert settings == Settings()
    assert str(file) in complaints[0]


def test_a_folder_in_the_files_place_is_told(tmp_path):
    settings, complaints = read_settings(tmp_path)
    assert settings == Settings()
    assert str(tmp_path) in complaints[0]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    (tmp_path / "config").write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        write_settings(CHANGED, tmp_path / "config" / "settings.toml")
    assert (tmp_path / "config").read_text() == "a file where the folder should be"


def test_a_value_is_checked_when_set():
    with pytest.raises(ValueError, match="none of system, light, dark"):
        Settings().with_("theme", "pink")
    with pytest.raises(KeyError):
        Settings().with_("flux", 1)


def test_recent_files_are_few_and_each_is_there_once():
    settings = Settings()
    for number in range(RECENT_FILES + 3):
        settings = settings.opened(Path(f"/v/{number}.mp4"))
    settings = settings.opened(Path("/v/9.mp4"))
    assert len(settings.recent) == RECENT_FILES
    assert settings.recent[:2] == ("/v/9.mp4", "/v/12.mp4")
    assert len(set(settings.recent)) == RECENT_FILES


def test_the_feature_store_is_never_the_chosen_folder_itself(tmp_path):
    assert Settings().features == places.features()
    chosen = Settings().with_("feature_folder", str(tmp_path)).features
    assert chosen.parent == tmp_path
    assert chosen.name == FEATURES
