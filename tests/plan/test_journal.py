"""The journal: on disk before the write goes out, whole lines whoever writes, and a full disk stops the run."""

from __future__ import annotations

import errno
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from plan_worlds import ASSISTANT_ID, Shelf, applied, planned

from vaxctl.errors import InvalidInput, VendorUnavailable
from vaxctl.plan.applying import Outcome
from vaxctl.plan.journal import FOLDER, Journal, open_journal
from vaxctl.vendors.exchange import Request

if TYPE_CHECKING:
    from pathlib import Path

TREE = {"barge_in": {"min_words": 2}, "targets": {"vapi": {"assistant_id": ASSISTANT_ID}}}
WRITE = Request("vapi", "PATCH", "/assistant/1", "update the assistant", json={"b": "hidden", "a": 1})


def _lines(journal: Journal) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.path.read_text("utf-8").splitlines()]


def test_a_write_is_on_disk_before_it_is_sent(tmp_path: Path) -> None:
    """At the moment of sending the line can be read by another process; reads are not written down."""
    journal = open_journal(tmp_path, "digest")
    seen: list[dict[str, Any]] = []

    def send(request: Request) -> Any:
        seen.append(_lines(journal)[-1])
        return Shelf({"1": {}}).send(request)

    journal.watching(send)(Request("vapi", "GET", "/assistant/1", "read"))
    journal.watching(send)(WRITE)
    journal.close()
    assert [line["event"] for line in seen] == ["begin", "sending"]
    assert seen[1]["keys"] == ["a", "b"]
    assert [line["event"] for line in _lines(journal)] == ["begin", "sending", "answered"]
    assert "hidden" not in journal.path.read_text("utf-8")
    assert journal.path.parent == tmp_path / FOLDER


def test_a_failed_write_is_told_by_its_kind(tmp_path: Path) -> None:
    """The error's name is kept, its message (which may quote the vendor) is not."""
    journal = open_journal(tmp_path, "digest")

    def send(_: Request) -> Any:
        raise VendorUnavailable("quoting the vendor")

    with pytest.raises(VendorUnavailable):
        journal.watching(send)(Request("vapi", "POST", "/x", "make", json=[1]))
    journal.close()
    failed = _lines(journal)[-1]
    assert (failed["event"], failed["error"]) == ("failed", "VendorUnavailable")
    assert "quoting" not in journal.path.read_text("utf-8")


def test_lines_of_targets_applied_side_by_side_stay_whole(tmp_path: Path) -> None:
    """Eight threads, one file: every line parses and none is lost."""
    journal = open_journal(tmp_path, "digest")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: journal.note("test", n=n, text="\u00e9" * 3000), range(64)))
    journal.close()
    assert sorted(line["n"] for line in _lines(journal)[1:]) == list(range(64))


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / ".vaxctl").write_text("")
    with pytest.raises(InvalidInput, match="cannot be opened"):
        open_journal(tmp_path, "digest")


class _FullDisk:
    """A stream that takes so many lines."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, _: str) -> None:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= 1

    def flush(self) -> None:
        """Do nothing."""

    def fileno(self) -> int:
        raise AssertionError("not reached: fsync is taken out")


@pytest.mark.parametrize(
    ("room", "outcome", "writes"),
    [(0, Outcome.FAILED, 0), (1, Outcome.FAILED, 0), (2, Outcome.FAILED_MIDWAY, 1), (3, Outcome.APPLIED, 1)],
)
def test_a_full_disk_stops_the_run_where_it_is(
    room: int, outcome: Outcome, writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing goes out that is not written down; what went out is told; a lost last line is a note."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    monkeypatch.setattr(_FullDisk, "fileno", lambda _: 0)
    shelf = Shelf({ASSISTANT_ID: {"id": ASSISTANT_ID}})
    book = Journal(tmp_path / "run.jsonl", _FullDisk(room))  # type: ignore[arg-type]
    result = applied(planned(TREE, "vapi", shelf.send), shelf.send, book=book)
    assert result.outcome is outcome
    assert len(shelf.writes) == writes
    assert any("No space left" in note for note in result.notes)
    assert (result.error is None) is (outcome is Outcome.APPLIED)
