"""What was computed once, on disk, by what it was computed from: for any number of processes at once.

An entry is a file `<folder>/<first two digits of the key>/<key>`: eight bytes of format, the hash of key and
payload, the payload. It appears whole, by a rename, or not at all, so readers need no lock; a bit that turned
is found by the hash, and the entry counts as never computed. Whatever goes wrong with the disk costs time,
never a result: `notes` says what it was.

The folder is VAXCTL_TUNE_CACHE_DIR, else `tune` among the platform's caches. It holds VAXCTL_TUNE_CACHE_MB
megabytes (default 2048); beyond that the entries that were used longest ago go.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_MB: Final = 2_048
FORMAT: Final = b"vaxtune1"
_DIGEST_BYTES: Final = 32
_HEAD_BYTES: Final = len(FORMAT) + _DIGEST_BYTES
_KEPT_SHARE: Final = 0.9
"""How full the folder is left when room was made, so that room is not made again at once."""
_LEFT_OVER_S: Final = 3_600
"""Age from which a part that was never renamed belongs to a process that was killed."""
_BLOCK: Final = 4_096
"""Files take whole blocks of the disk; an entry is mostly smaller than one."""


class Cache:
    """Payloads by key (hex digits). `corrupt` counts the entries that were not what had been written."""

    def __init__(self, folder: Path | None = None, limit_bytes: int | None = None) -> None:
        """Use a folder, which need not be there yet. Raises UnusableInput for a limit that is no number."""
        self.folder = folder or default_folder()
        self.limit_bytes = default_limit() if limit_bytes is None else limit_bytes
        self.notes: list[str] = []
        self.corrupt = 0
        self._size: int | None = None
        self._written = 0

    def get(self, key: str) -> bytes | None:
        """Return the payload, or None where there is none that can be trusted. Marks it as used."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            self._note(f"{path}: cannot be read: {problem.strerror or problem}; computed again")
            return None
        payload = data[_HEAD_BYTES:]
        if data[:_HEAD_BYTES] != FORMAT + _digest(key, payload):
            self.corrupt += 1
            self._note(f"{self.folder}: entries that were damaged on disk were computed again")
            self._drop(path)
            return None
        try:
            os.utime(path)
        except OSError:  # read-only, or gone by now: it only grows older than it is
            return payload
        return payload

    def put(self, key: str, payload: bytes) -> None:
        """Keep a payload, replacing what was there; where that cannot be, note why and go on."""
        data = FORMAT + _digest(key, payload) + payload
        if _on_disk(len(data)) > self.limit_bytes:
            self._note(
                f"{self.folder}: its limit of {self.limit_bytes} bytes is too small for what is computed"
            )
            return
        path = self._path(key)
        self._written += 1
        part = path.with_name(f".{key}.{os.getpid()}-{self._written}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(path)
            self._make_room(_on_disk(len(data)))
        except OSError as problem:
            self._note(
                f"{self.folder}: not written ({problem.strerror or problem}); computed again next time"
            )
            self._drop(part)

    def update(self, key: str, merged: Callable[[bytes | None], bytes]) -> None:
        """Put what `merged` makes of the payload that is there; no other process comes in between."""
        from local_agent.models.lock import alone

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with alone(self.folder / f".{key[:2]}.lock", waiting=lambda: None):
                self.put(key, merged(self.get(key)))
        except OSError as problem:
            self._note(
                f"{self.folder}: not written ({problem.strerror or problem}); computed again next time"
            )

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _drop(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as problem:
            self._note(f"{path}: cannot be removed: {problem.strerror or problem}")

    # -- room

    def _make_room(self, added: int) -> None:
        """Count what this process added; where that reaches the limit, look at what is there, and let the oldest go."""
        if self._size is None:
            self._size = sum(size for _, size, _ in self._entries())
        else:
            self._size += added
        if self._size <= self.limit_bytes:
            return
        from local_agent.models.lock import alone

        try:
            with alone(self.folder / ".room.lock", waiting=None):
                self._evict()
        except BlockingIOError:  # another process makes room at this moment
            self._size = None

    def _evict(self) -> None:
        entries = sorted(self._entries())
        size = sum(one for _, one, _ in entries)
        keep = int(self.limit_bytes * _KEPT_SHARE) if size > self.limit_bytes else size
        for _, one, path in entries:
            if size <= keep:
                break
            self._drop(Path(path))
            size -= one
        self._size = size

    def _entries(self) -> list[tuple[int, int, str]]:
        """Return (last use in ns, bytes on disk, path) of each entry; removes parts that were left over."""
        found = []
        left_over_ns = time.time_ns() - _LEFT_OVER_S * 10**9
        for shard in _children(self.folder):
            if not shard.is_dir(follow_symlinks=False):
                continue
            for entry in _children(shard.path):
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # another process removed it
                    continue
                if entry.name.endswith(".part") and facts.st_mtime_ns < left_over_ns:
                    self._drop(Path(entry.path))
                    continue
                found.append((facts.st_mtime_ns, _on_disk(facts.st_size), entry.path))
        return found


def default_folder() -> Path:
    """Return VAXCTL_TUNE_CACHE_DIR, else the folder among the platform's caches."""
    from local_agent.models.cache import caches

    chosen = os.environ.get("VAXCTL_TUNE_CACHE_DIR")
    return Path(chosen).expanduser().absolute() if chosen else caches() / "tune"


def default_limit() -> int:
    """Return VAXCTL_TUNE_CACHE_MB in bytes, else 2 GiB. Raises UnusableInput where it is no whole number."""
    text = os.environ.get("VAXCTL_TUNE_CACHE_MB", "").strip() or str(DEFAULT_MB)
    if not text.isascii() or not text.isdigit():
        raise UnusableInput(
            f"VAXCTL_TUNE_CACHE_MB is {text!r}", help="give whole megabytes, such as 2048; 0 keeps nothing"
        )
    return int(text) * 1024 * 1024


def _digest(key: str, payload: bytes) -> bytes:
    return hashlib.blake2b(key.encode() + b"\0" + payload, digest_size=_DIGEST_BYTES).digest()


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _children(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
