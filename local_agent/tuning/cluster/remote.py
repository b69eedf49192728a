"""Audio that lies elsewhere: files named by fsspec URLs (s3://, gs://, memory://, file://), brought while they are used."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Self

from local_agent.errors import ExtraMissing, UnusableInput
from local_agent.tuning.listening.calls import floor_of
from local_agent.tuning.listening.composing import Sounds, made_with

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.tuning.listening.cache import Cache

    Samples = NDArray[np.float32]

MEMO_BYTES: Final = 64 * 1024 * 1024
"""Decoded audio that a worker keeps: calls are visited one after the other."""
_VERSION_KEYS: Final = (
    "ETag", "etag", "md5Hash", "content_md5", "generation", "mtime", "LastModified", "last_modified", "created",
)  # fmt: skip
"""What file systems tell of which content a name has just now."""


def is_url(audio: str) -> bool:
    """Tell whether a name is a URL, not a path of this machine."""
    return "://" in audio


class Fetched:
    """Files of this machine for names of any place, as long as the `with` block lasts; each is brought once."""

    def __init__(self) -> None:
        self._here: dict[str, Path] = {}
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was brought."""
        if self._folder is not None:
            self._folder.cleanup()

    def __call__(self, audio: str) -> Path:
        """Return a local file with the content of `audio`, a path or a URL.

        Raises UnusableInput where it cannot be had, ExtraMissing without fsspec.
        """
        if not is_url(audio):
            return Path(audio)
        if audio not in self._here:
            self._here[audio] = self._brought(audio)
        return self._here[audio]

    def _brought(self, url: str) -> Path:
        files, path = file_system_of(url)
        if is_local(files):
            return Path(path)
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="vaxctl-")
        target = Path(self._folder.name) / f"{len(self._here)}{PurePosixPath(path).suffix}"
        try:
            files.get_file(path, str(target))
        except Exception as problem:  # each file system has errors of its own
            raise _unreadable(url, problem) from problem
        return target


class RemoteSounds(Sounds):
    """Sounds of any place.

    What a file's content hashes to is kept in the cache by what its place tells of its version (an ETag, a time of
    change), and so is what is told of it here; a file whose scores are known need not be brought again.
    """

    def __init__(self, fetch: Fetched, cache: Cache | None = None, memo_bytes: int = MEMO_BYTES) -> None:
        super().__init__(fetch, memo_bytes)
        self._cache, self._bring = cache, fetch

    def samples(self, audio: str, rate_hz: int) -> Samples:
        """Return a file's first channel at a rate; raises UnusableInput that names the file as it was asked for."""
        try:
            return super().samples(audio, rate_hz)
        except UnusableInput as problem:
            here = str(self._bring(audio))
            raise UnusableInput(problem.message.replace(here, audio), help=problem.help) from problem

    def digest(self, audio: str) -> str:
        """Return the SHA-256 of a file's content."""
        if audio in self._digests or not is_url(audio) or self._cache is None:
            return super().digest(audio)
        version = version_of(audio)
        if version is None:
            return super().digest(audio)
        key = hashlib.sha256(json.dumps(["content", audio, version]).encode()).hexdigest()
        kept = self._cache.get(key)
        if kept is None:
            kept = super().digest(audio).encode()
            self._cache.put(key, kept)
        self._digests[audio] = kept.decode()
        return self._digests[audio]

    def shape(self, audio: str) -> tuple[float, int]:
        """Return how many seconds a file lasts, and at which of 8 and 16 kHz it is worked with.

        Raises UnusableInput that names the file as it was asked for.
        """
        duration_s, rate_hz = self._remembered("shape", audio, lambda: self._shape(audio))
        return float(duration_s), int(rate_hz)

    def floor_dbfs(self, audio: str) -> float:
        """Return how loud the caller's line is when nobody speaks (calls.floor_of)."""
        (level,) = self._remembered("floor", audio, lambda: [floor_of(self, audio)])
        return float(level)

    def _shape(self, audio: str) -> list[float]:
        from local_agent.audio.reading import AudioStream

        here = self._bring(audio)
        try:
            stream = AudioStream(here)
        except UnusableInput as problem:
            raise UnusableInput(problem.message.replace(str(here), audio), help=problem.help) from problem
        return [stream.total_samples / stream.sample_rate_hz, stream.sample_rate_hz]

    def _remembered(self, what: str, audio: str, found: Callable[[], list[float]]) -> list[float]:
        """Return numbers about a file's content, from the cache where they are there."""
        if self._cache is None:
            return found()
        facts = ["call 1", what, self.digest(audio), *made_with()]
        key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        kept = self._cache.get(key)
        if kept is None:
            kept = json.dumps(found()).encode()
            self._cache.put(key, kept)
        return [float(one) for one in json.loads(kept)]


def file_system_of(url: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL, and the path in it. Raises ExtraMissing, UnusableInput."""
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError as error:
        raise ExtraMissing(f"{url}: needs fsspec", help="python -m pip install 'vaxctl[cluster]'") from error
    try:
        files, path = url_to_fs(url)
    except Exception as problem:  # an unknown protocol, a package that it needs, its credentials
        raise _unreadable(url, problem) from problem
    return files, str(path)


def is_local(files: Any) -> bool:
    """Tell whether a file system is this machine's own."""
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(files, LocalFileSystem)


def version_of(url: str) -> str | None:
    """Return what the file's place tells of its version; None where it tells nothing, or it is a local file."""
    files, path = file_system_of(url)
    if is_local(files):
        return None
    try:
        facts = files.info(path)
    except Exception as problem:  # as in bringing it
        raise _unreadable(url, problem) from problem
    told = {key: str(facts[key]) for key in (*_VERSION_KEYS, "size") if facts.get(key) is not None}
    return json.dumps(told, sort_keys=True) if set(told) - {"size"} else None


def _unreadable(url: str, problem: Exception) -> UnusableInput:
    said = " ".join(str(problem).split()) or type(problem).__name__
    return UnusableInput(
        f"{url}: cannot be read: {type(problem).__name__}: {said}",
        help="check the URL, that the file system's package is installed there, and its credentials",
    )
