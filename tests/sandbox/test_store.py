"""The database: persistence, refusals, transactions, threads."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from vaxctl.errors import InvalidInput
from vaxctl.sandbox.app import Sandbox
from vaxctl.sandbox.seed import VAPI_NOVA
from vaxctl.sandbox.store import Row, Store

NOVA = f"/vapi/assistant/{VAPI_NOVA}"


def test_objects_survive_a_reopening(open_client: Any, tmp_path: Path) -> None:
    """What was written is there again, byte for byte, in a folder made on the way."""
    path = tmp_path / "deep" / "sandbox.db"
    first = open_client(path)
    first("PATCH", NOVA, {"name": "kept"})
    before = first.raw("GET", NOVA)
    first.sandbox.close()
    assert open_client(path).raw("GET", NOVA) == before
    assert json.loads(before[1])["name"] == "kept"


def test_a_killed_process_leaves_what_it_committed(tmp_path: Path) -> None:
    """SIGKILL in the middle of a transaction: the committed row is there, the open one is not."""
    path = tmp_path / "sandbox.db"
    script = """
import os, signal, sys
from vaxctl.sandbox.store import Row, Store
store = Store(sys.argv[1])
store.put(Row("vapi", "assistant", "a", 0, True, 1, 1, "{}"))
with store.transaction():
    store.put(Row("vapi", "assistant", "b", 0, True, 1, 1, "{}"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode < 0
    store = Store(path)
    assert [row.id for row in store.latest("vapi", "assistant")] == ["a"]
    store.close()


def test_another_programs_files_are_refused(tmp_path: Path) -> None:
    """A text file, another database and a newer schema are InvalidInput, and stay as they were."""
    text = tmp_path / "text.db"
    text.write_text("hello " * 1000)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    newer = tmp_path / "newer.db"
    Store(newer).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for path, why in (
        (text, "not a sandbox"),
        (other, "another program"),
        (newer, "newer"),
        (tmp_path, "cannot open"),
    ):
        with pytest.raises(InvalidInput, match=why):
            Store(path)
    assert text.read_text() == "hello " * 1000


def test_a_transaction_is_all_or_nothing() -> None:
    """An exception undoes the writes, as `keep=False` does; nested ones belong to the outermost."""
    store = Store(":memory:")
    row = Row("vapi", "assistant", "a", 0, published=True, created_ms=1, updated_ms=1, body="{}")

    def put_and_fail() -> None:
        with store.transaction(), store.transaction():
            store.put(row)
            raise KeyError

    with pytest.raises(KeyError):
        put_and_fail()
    with store.transaction(keep=False):
        store.put(row)
        assert not store.is_empty()
    assert store.is_empty()
    store.put(row)
    store.clear()
    assert store.is_empty()
    store.close()


def test_eight_threads_patching(open_client: Any, tmp_path: Path) -> None:
    """No PATCH is lost or torn: with versioning on, each of 80 made one version."""
    call = open_client(tmp_path / "sandbox.db", versioning="on")
    statuses: list[int] = []

    def patch(worker: int) -> None:
        for turn in range(10):
            body = json.dumps({"metadata": {"worker": worker, "turn": turn, "pad": "x" * 500}}).encode()
            headers = {"authorization": "Bearer k"}
            statuses.append(call.sandbox.handle("PATCH", NOVA, {}, headers, body)[0])
            call.sandbox.handle("GET", NOVA, {}, headers, b"")

    threads = [threading.Thread(target=patch, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 80
    assert call("GET", NOVA)[1]["latestVersion"] == "v80"


def test_two_sandboxes_on_one_file_see_each_other(open_client: Any, tmp_path: Path) -> None:
    """As two processes would: what one commits the other reads."""
    one, other = open_client(tmp_path / "s.db"), open_client(tmp_path / "s.db")
    one("PATCH", NOVA, {"name": "from one"})
    assert other("GET", NOVA)[1]["name"] == "from one"
    other("PATCH", NOVA, {"name": "from other"})
    assert one("GET", NOVA)[1]["name"] == "from other"


def test_an_unknown_versioning_is_refused() -> None:
    """The switch knows three positions."""
    with pytest.raises(InvalidInput, match="versioning is one of off, on, draft"):
        Sandbox(":memory:", versioning="maybe")  # type: ignore[arg-type]
