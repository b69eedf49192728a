"""Where samples come from: a sound file, or bytes without a header whose form the user has told.

A source hands out float32 frames `[n, channels]` at its own rate, in blocks, and keeps no more than one of
them.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from local_agent.audio.companding import A_LAW_PEAK, MU_LAW_PEAK, decode_a_law, decode_mu_law
from local_agent.audio.truncation import refuse_truncated
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import soundfile
    from numpy.typing import NDArray

Encoding = Literal["mu_law", "a_law", "pcm16"]

MAX_CHANNELS = 2
LOWEST_RATE_HZ = 8_000
HIGHEST_RATE_HZ = 192_000
BLOCK_FRAMES = (
    16_384  # a second at 16 kHz; fixed, so that what is found in a file never depends on its reader
)

_BYTES = {"mu_law": 1, "a_law": 1, "pcm16": 2}
_PEAKS = {"mu_law": MU_LAW_PEAK, "a_law": A_LAW_PEAK, "pcm16": 32767 / 32768}
_SUBTYPE_PEAKS = {"ULAW": MU_LAW_PEAK, "ALAW": A_LAW_PEAK, "PCM_U8": 127 / 128, "PCM_S8": 127 / 128}


@dataclass(frozen=True, slots=True)
class RawFormat:
    """What a file without a header holds; PCM is signed 16-bit little-endian, channels interleaved."""

    encoding: Encoding
    sample_rate_hz: int
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: its own rate, channels and length, the loudest value it can carry, and its blocks."""

    path: Path
    sample_rate_hz: int
    channels: int
    frames: int
    peak: float
    blocks: Iterator[NDArray[np.float32]]


@contextmanager
def open_source(path: Path, raw: RawFormat | None = None) -> Iterator[Source]:
    """Open a file for reading in blocks.

    Raises UnusableInput where it is missing, no file, not to be read, empty, truncated, no audio, of more
    than two channels, or of a rate outside 8..192 kHz; reading its blocks raises it too where the file turns
    out shorter than it says.
    """
    try:
        _refuse_absent(path)
        source = _raw_source(path, raw) if raw is not None else None
        file = None if raw is not None else _opened(path)
    except OSError as problem:
        raise UnusableInput(
            f"{path}: cannot be read ({problem.strerror})", help="check who may read it, and the disk"
        ) from problem
    if source is not None:
        yield source
    if file is None:
        return
    with file:
        _refuse_shape(path, file.samplerate, file.channels, file.frames)
        peak = _SUBTYPE_PEAKS.get(file.subtype, 32767 / 32768)
        yield Source(
            path,
            file.samplerate,
            file.channels,
            file.frames,
            peak,
            _checked(path, file.frames, _blocks(path, file)),
        )


def _opened(path: Path) -> soundfile.SoundFile:
    import soundfile

    refuse_truncated(path)
    try:
        return soundfile.SoundFile(path)
    except soundfile.LibsndfileError as problem:
        raise UnusableInput(
            f"{path}: cannot be read as audio ({problem.error_string.rstrip('.')})",
            help="use WAV, FLAC, Ogg or MP3; for bytes without a header give their encoding and sample rate",
        ) from problem


def _blocks(path: Path, file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    import soundfile

    while True:
        try:
            block = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as problem:
            raise UnusableInput(
                f"{path}: damaged audio ({problem.error_string.rstrip('.')})",
                help="export or copy the file again",
            ) from problem
        if not len(block):
            return
        yield block


def _raw_source(path: Path, raw: RawFormat) -> Source:
    with path.open("rb") as stream:
        head = stream.read(4)
    if head in (b"RIFF", b"fLaC", b"OggS"):
        raise UnusableInput(f"{path}: has a header, so it is not raw audio", help="leave the raw format out")
    size, frame_bytes = path.stat().st_size, _BYTES[raw.encoding] * raw.channels
    if size % frame_bytes:
        raise UnusableInput(
            f"{path}: {size} bytes are no whole number of {frame_bytes}-byte {raw.encoding} frames",
            help="the file is truncated, or its encoding or channel count is another",
        )
    frames = size // frame_bytes
    _refuse_shape(path, raw.sample_rate_hz, raw.channels, frames)
    blocks = _checked(path, frames, _raw_blocks(path, raw, frame_bytes))
    return Source(path, raw.sample_rate_hz, raw.channels, frames, _PEAKS[raw.encoding], blocks)


def _raw_blocks(path: Path, raw: RawFormat, frame_bytes: int) -> Iterator[NDArray[np.float32]]:
    with path.open("rb") as stream:
        while data := stream.read(BLOCK_FRAMES * frame_bytes):
            yield _decoded(data, raw.encoding).reshape(-1, raw.channels)


def _decoded(data: bytes, encoding: Encoding) -> NDArray[np.float32]:
    if encoding == "pcm16":
        return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(32768)
    codes = np.frombuffer(data, dtype=np.uint8)
    return decode_mu_law(codes) if encoding == "mu_law" else decode_a_law(codes)


def _checked(path: Path, frames: int, blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    seen = 0
    for block in blocks:
        seen += len(block)
        yield block
    if seen < frames:
        raise UnusableInput(
            f"{path}: truncated: {seen} of {frames} samples are there", help="export or copy the file again"
        )


def _refuse_absent(path: Path) -> None:
    if path.is_dir():
        raise UnusableInput(f"{path}: is a folder", help="name one audio file in it")
    if not path.exists():
        raise UnusableInput(f"{path}: no such file", help="check the path; it names one audio file")
    if not path.is_file():
        raise UnusableInput(
            f"{path}: is a pipe or a device, which cannot be read twice",
            help="save it to a file first, or pipe it into `python -m local_agent live`",
        )
    if path.stat().st_size == 0:
        raise UnusableInput(f"{path}: the file is empty (0 bytes)", help="record or export it again")


def _refuse_shape(path: Path, rate_hz: int, channels: int, frames: int) -> None:
    if frames == 0:
        raise UnusableInput(f"{path}: holds no samples (zero length)", help="record or export it again")
    if not 1 <= channels <= MAX_CHANNELS:
        raise UnusableInput(
            f"{path}: {channels} channels",
            help="export mono, or stereo with the caller on one side and the agent on the other",
        )
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise UnusableInput(
            f"{path}: sample rate {rate_hz} Hz",
            help=f"export at {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz; 8000 or 16000 is best",
        )
