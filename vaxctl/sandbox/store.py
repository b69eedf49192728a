"""Vendor objects in one SQLite file: their JSON as text, exactly as it came.

One connection in write-ahead mode, guarded by one lock, so threads and (through SQLite's own locks) processes
take turns. A process killed anywhere leaves the last committed transaction; a power cut may cost a few.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vaxctl.errors import InvalidInput, VaxctlError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x76617863  # "vaxc": tells our file from somebody else's SQLite database
_BUSY_TIMEOUT_S = 10.0
_COLUMNS = "vendor, kind, id, version, published, created_ms, updated_ms, body"
_SCHEMA = """
CREATE TABLE object (
    vendor TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    published INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
    seq INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (vendor, kind, id, version)
);
CREATE INDEX object_seq ON object (seq);
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one object. Times are epoch milliseconds; `body` is the JSON text a GET answers with."""

    vendor: str
    kind: str
    id: str
    version: int
    published: bool
    created_ms: int
    updated_ms: int
    body: str


class Store:
    """Rows by vendor, kind, id and version. `path` is a file, or `:memory:`.

    Raises InvalidInput where the file is no sandbox database, or one of a newer vaxctl.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = _open(self.path)

    def get(self, vendor: str, kind: str, id: str, version: int | None = None) -> Row | None:  # noqa: A002
        """Find one version of an object, the latest where `version` is None; None where there is none."""
        where = "WHERE vendor = ? AND kind = ? AND id = ?"
        if version is None:
            return self._one(f"{where} ORDER BY version DESC LIMIT 1", (vendor, kind, id))
        return self._one(f"{where} AND version = ?", (vendor, kind, id, version))

    def versions(self, vendor: str, kind: str, id: str) -> list[Row]:  # noqa: A002
        """List every version of an object, oldest first."""
        return self._many("WHERE vendor = ? AND kind = ? AND id = ? ORDER BY version", (vendor, kind, id))

    def latest(self, vendor: str, kind: str) -> list[Row]:
        """List the latest version of every object of a kind, in the order of creation."""
        newest = (
            "AND version = (SELECT MAX(version) FROM object AS other WHERE other.vendor = object.vendor"
            " AND other.kind = object.kind AND other.id = object.id)"
        )
        return self._many(f"WHERE vendor = ? AND kind = ? {newest} ORDER BY seq", (vendor, kind))

    def put(self, row: Row) -> None:
        """Insert a version, or replace it. An object keeps its place in the order of creation."""
        self._run(
            f"INSERT INTO object ({_COLUMNS}, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?,"  # noqa: S608 - constants
            " COALESCE((SELECT seq FROM object WHERE vendor = ?1 AND kind = ?2 AND id = ?3 LIMIT 1),"
            " (SELECT COALESCE(MAX(seq), 0) + 1 FROM object)))"
            " ON CONFLICT (vendor, kind, id, version) DO UPDATE SET published = excluded.published,"
            " created_ms = excluded.created_ms, updated_ms = excluded.updated_ms, body = excluded.body",
            _values(row),
        )

    def delete(self, vendor: str, kind: str, id: str, version: int | None = None) -> None:  # noqa: A002
        """Remove one version, or all of them where `version` is None."""
        where = "DELETE FROM object WHERE vendor = ?1 AND kind = ?2 AND id = ?3"
        self._run(f"{where} AND (?4 IS NULL OR version = ?4)", (vendor, kind, id, version))

    def clear(self) -> None:
        """Remove everything."""
        self._run("DELETE FROM object", ())

    def is_empty(self) -> bool:
        """Tell whether there is no object at all."""
        return self._one("LIMIT 1", ()) is None

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """All writes inside happen together, or not at all: an exception, or `keep=False`, undoes them."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._run("BEGIN IMMEDIATE", ())
            self._depth += 1
            try:
                yield
            except BaseException:
                keep = False
                raise
            finally:
                self._depth -= 1
                if outermost:
                    self._run("COMMIT" if keep else "ROLLBACK", ())

    def close(self) -> None:
        """Close the file. The store cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def _one(self, tail: str, values: tuple[object, ...]) -> Row | None:
        found = self._many(tail, values)
        return found[0] if found else None

    def _many(self, tail: str, values: tuple[object, ...]) -> list[Row]:
        with self._lock:
            fetched = self._connection.execute(f"SELECT {_COLUMNS} FROM object {tail}", values).fetchall()  # noqa: S608
        return [Row(v, k, i, n, bool(p), c, u, b) for v, k, i, n, p, c, u, b in fetched]

    def _run(self, statement: str, values: tuple[object, ...]) -> None:
        import sqlite3

        with self._lock:
            try:
                self._connection.execute(statement, values)
            except sqlite3.OperationalError as error:
                raise VaxctlError(
                    f"the sandbox database {self.path} could not be written: {error}",
                    help="is the disk full, the folder read-only, or does another process hold the file?",
                ) from error


def _values(row: Row) -> tuple[object, ...]:
    return (
        row.vendor,
        row.kind,
        row.id,
        row.version,
        int(row.published),
        row.created_ms,
        row.updated_ms,
        row.body,
    )


def _open(path: str) -> sqlite3.Connection:
    import sqlite3

    try:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        # isolation_level None: transactions are begun and ended here, not guessed by the driver
        connection = sqlite3.connect(
            path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise InvalidInput(f"cannot open the sandbox database {path}: {error}") from error
    try:
        _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise InvalidInput(
            f"{path} is not a sandbox database: {error}",
            help="name another file, or remove this one if it is a broken sandbox",
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if tables and owner != _APPLICATION_ID:
        raise InvalidInput(f"{path} is a database of another program", help="name another file")
    if version > SCHEMA_VERSION:
        raise InvalidInput(
            f"{path} was written by a newer vaxctl (schema {version}, this one knows {SCHEMA_VERSION})",
            help="update vaxctl, or name another file",
        )
    if not tables:
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
