"""The tables of a project file, and how an older file becomes one of today.

Every table is STRICT. References are checked when an edit is committed, so that its order does not matter.
"""

from pathlib import Path
from typing import Final

from sqlite_utils import Database, Migrations

from app.project.connection import choose_journal, writing
from app.project.disks import is_network_folder
from app.project.errors import ProjectNewerError, ProjectReadOnlyError

APPLICATION_ID: Final = 0x41464C4E
"""``AFLN`` in the file's header, by which it is known as a project."""
MIGRATIONS: Final = Migrations("affectline")


@MIGRATIONS()
def records(db: Database) -> None:
    """What people say, and the log of how it came about."""
    db.executescript(
        """
        CREATE TABLE media (
            id TEXT PRIMARY KEY NOT NULL,
            path TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            duration_s REAL NOT NULL,
            added_at TEXT NOT NULL,
            voice_of TEXT
        ) STRICT;

        CREATE TABLE participants (
            id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL
        ) STRICT;

        CREATE TABLE notes (
            id TEXT PRIMARY KEY NOT NULL,
            media_id TEXT NOT NULL REFERENCES media(id) DEFERRABLE INITIALLY DEFERRED,
            person TEXT NOT NULL,
            name TEXT,
            participant_id TEXT REFERENCES participants(id) DEFERRABLE INITIALLY DEFERRED,
            ignored INTEGER NOT NULL,
            stretches TEXT NOT NULL,
            UNIQUE (media_id, person)
        ) STRICT;
        CREATE INDEX notes_of_participant ON notes(participant_id);

        CREATE TABLE corrections (
            id TEXT PRIMARY KEY NOT NULL,
            media_id TEXT NOT NULL REFERENCES media(id) DEFERRABLE INITIALLY DEFERRED,
            person TEXT,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL CHECK (end_s > start_s),
            emotion TEXT,
            origin TEXT NOT NULL,
            coder TEXT NOT NULL,
            seen_in TEXT NOT NULL,
            note TEXT NOT NULL,
            made_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX corrections_in_time ON corrections(media_id, start_s);
        CREATE INDEX corrections_of_coder ON corrections(coder, media_id, person, start_s);

        -- One coder says one thing at a time about one person: of those that begin before the new one ends, only the
        -- last can overlap it, because they do not overlap one another.
        CREATE TRIGGER corrections_do_not_overlap BEFORE INSERT ON corrections
        WHEN (
            SELECT end_s FROM corrections
            WHERE coder = new.coder AND media_id = new.media_id AND person IS new.person AND start_s < new.end_s
            ORDER BY start_s DESC LIMIT 1
        ) > new.start_s
        BEGIN
            SELECT RAISE(ABORT, 'two corrections of one coder and person overlap');
        END;

        CREATE TABLE markers (
            id TEXT PRIMARY KEY NOT NULL,
            media_id TEXT NOT NULL REFERENCES media(id) DEFERRABLE INITIALLY DEFERRED,
            time_s REAL NOT NULL,
            text TEXT NOT NULL,
            coder TEXT NOT NULL
        ) STRICT;
        CREATE INDEX markers_in_time ON markers(media_id, time_s);

        CREATE TABLE epochs (
            id TEXT PRIMARY KEY NOT NULL,
            media_id TEXT NOT NULL REFERENCES media(id) DEFERRABLE INITIALLY DEFERRED,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL CHECK (end_s > start_s),
            name TEXT NOT NULL
        ) STRICT;
        CREATE INDEX epochs_in_time ON epochs(media_id, start_s);

        -- Edits form a tree: each was made `after` another. Undoing moves the position up, a new edit begins a branch,
        -- and redoing follows the newest branch. Nothing is ever deleted, so the log also tells what was given up.
        CREATE TABLE edits (
            id INTEGER PRIMARY KEY,
            made_at TEXT NOT NULL,
            who TEXT NOT NULL,
            name TEXT NOT NULL,
            after INTEGER REFERENCES edits(id),
            removed TEXT NOT NULL,
            added TEXT NOT NULL
        ) STRICT;
        CREATE INDEX edits_after ON edits(after);

        CREATE TABLE steps (
            id INTEGER PRIMARY KEY,
            made_at TEXT NOT NULL,
            who TEXT NOT NULL,
            edit INTEGER NOT NULL REFERENCES edits(id),
            step TEXT NOT NULL CHECK (step IN ('undo', 'redo'))
        ) STRICT;

        CREATE TRIGGER edits_stay BEFORE UPDATE ON edits BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
        CREATE TRIGGER edits_remain BEFORE DELETE ON edits BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
        CREATE TRIGGER steps_stay BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
        CREATE TRIGGER steps_remain BEFORE DELETE ON steps BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

        CREATE TABLE position (
            slot INTEGER PRIMARY KEY CHECK (slot = 1),
            edit INTEGER REFERENCES edits(id)
        ) STRICT;
        INSERT INTO position VALUES (1, NULL);

        CREATE TABLE lock (
            slot INTEGER PRIMARY KEY CHECK (slot = 1),
            token TEXT NOT NULL,
            who TEXT NOT NULL,
            host TEXT NOT NULL,
            machine TEXT NOT NULL,
            pid INTEGER NOT NULL,
            since TEXT NOT NULL,
            beat_at TEXT NOT NULL
        ) STRICT;

        CREATE TABLE former_folders (
            id INTEGER PRIMARY KEY,
            folder TEXT NOT NULL UNIQUE
        ) STRICT;
        """
    )


@MIGRATIONS()
def analyses(db: Database) -> None:
    """What models say. Kept when its video is removed, so that undoing that brings it back."""
    db.executescript(
        """
        CREATE TABLE analyses (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            media_id TEXT NOT NULL,
            bundle TEXT NOT NULL,
            revision TEXT NOT NULL,
            bundle_sha256 TEXT NOT NULL,
            made_at TEXT NOT NULL,
            format INTEGER NOT NULL,
            whole INTEGER NOT NULL,
            people INTEGER NOT NULL,
            segments INTEGER NOT NULL,
            uncertain INTEGER NOT NULL,
            emotion TEXT,
            confidence REAL
        ) STRICT;
        CREATE INDEX analyses_of_media ON analyses(media_id, whole);

        CREATE TABLE analysis_pieces (
            id INTEGER PRIMARY KEY,
            analysis INTEGER NOT NULL REFERENCES analyses(id),
            name TEXT NOT NULL,
            number INTEGER NOT NULL,
            dtype TEXT NOT NULL,
            shape TEXT NOT NULL,
            data BLOB NOT NULL,
            UNIQUE (analysis, name, number)
        ) STRICT;

        CREATE TABLE segments (
            id INTEGER PRIMARY KEY,
            analysis INTEGER NOT NULL REFERENCES analyses(id),
            person TEXT,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL,
            emotion TEXT NOT NULL,
            confidence REAL NOT NULL,
            uncertain INTEGER NOT NULL,
            disagreement REAL
        ) STRICT;
        CREATE INDEX segments_of_analysis ON segments(analysis);

        CREATE TABLE failures (
            media_id TEXT PRIMARY KEY NOT NULL,
            sentence TEXT NOT NULL,
            made_at TEXT NOT NULL
        ) STRICT;
        """
    )


@MIGRATIONS()
def revisions(db: Database) -> None:
    """What was learned from corrections. Weights come in pieces, and the row that lists them becomes valid last.

    Of a deleted revision a row stays, so that its name is never given again and its children can name their parent.
    """
    db.executescript(
        """
        CREATE TABLE revisions (
            id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL UNIQUE,
            bundle TEXT NOT NULL,
            bundle_sha256 TEXT NOT NULL,
            trunks TEXT NOT NULL,
            parent TEXT,
            made_at TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('unfinished', 'candidate', 'kept', 'deleted')),
            lessons INTEGER NOT NULL,
            calibration TEXT NOT NULL,
            comparison TEXT NOT NULL,
            manifest TEXT NOT NULL,
            weights_sha256 TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            writer TEXT
        ) STRICT;

        CREATE TABLE revision_pieces (
            id INTEGER PRIMARY KEY,
            revision TEXT NOT NULL REFERENCES revisions(id),
            number INTEGER NOT NULL,
            data BLOB NOT NULL,
            UNIQUE (revision, number)
        ) STRICT;

        CREATE TABLE learning (
            slot INTEGER PRIMARY KEY CHECK (slot = 1),
            current TEXT REFERENCES revisions(id),
            changes INTEGER NOT NULL
        ) STRICT;
        INSERT INTO learning VALUES (1, NULL, 0);

        ALTER TABLE analyses ADD COLUMN writer TEXT;
        CREATE INDEX analyses_of_revision ON analyses(bundle, revision);
        """
    )


VERSION: Final = 3
"""Number of migrations, which is the file's ``user_version``."""
PRECIOUS: Final = (
    "media", "participants", "notes", "corrections", "markers", "epochs", "edits", "steps", "position", "lock",
    "revisions", "learning",
)  # fmt: skip
"""Tables that are checked whenever a project is opened; the rest can be computed again and is far larger."""


def make_ready(db: Database, path: Path, *, read_only: bool) -> None:
    """See that the file is one that this program knows, and bring an older one to today's version.

    Raises:
        ProjectNewerError: a newer version of the program made it; nothing in it was changed.
        ProjectReadOnlyError: an older one made it, and it cannot be changed.
    """
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise ProjectNewerError(
            path,
            f"a newer version of this program made it (format {found}, known: {VERSION}); update this one to open it",
        )
    if read_only:
        if found < VERSION:
            raise ProjectReadOnlyError(path, "an older version of this program made it, and it cannot be brought up")
        return
    choose_journal(db, is_network_folder(path.parent))
    if found < VERSION:
        migrate(db)


def migrate(db: Database) -> None:
    """Bring a file to today's version, with the record of it, in one transaction: all of it or nothing."""
    with writing(db):
        MIGRATIONS.apply(db)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")


def damage(db: Database, tables: tuple[str, ...] = PRECIOUS) -> str | None:
    """The first thing that SQLite finds wrong with the tables and their indexes; None when they are whole."""
    for table in tables:
        said = str(db.execute(f"PRAGMA integrity_check({table})").fetchone()[0])
        if said != "ok":
            return " ".join(said.split())
    return None
