"""A call as sound: caller left, agent right; as a file, and small enough for a page."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from local_agent.record import CallRecord

_OPUS_RATES: Final = frozenset({8000, 12000, 16000, 24000, 48000})
_SERIAL: Final = 0x76617863
"""The serial number of every stream that we write: libsndfile's own is random."""


def stereo(record: CallRecord) -> npt.NDArray[np.float32]:
    """Return both lanes as (samples, 2): caller left, agent right, clipped to ±1, the shorter one padded."""
    import numpy as np

    sound = np.zeros((max(len(record.caller), len(record.agent)), 2), dtype=np.float32)
    sound[: len(record.caller), 0] = record.caller
    sound[: len(record.agent), 1] = record.agent
    return np.clip(np.nan_to_num(sound), -1.0, 1.0)


def ogg(record: CallRecord) -> bytes:
    """Return the call as `ogg_of` writes sound."""
    return ogg_of(stereo(record), record.sample_rate_hz)


def ogg_of(sound: npt.NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """Return sound (samples, channels) as Ogg Opus (Vorbis where the rate is none of Opus's): always the same bytes."""
    import soundfile

    buffer = io.BytesIO()
    codec = "OPUS" if sample_rate_hz in _OPUS_RATES else "VORBIS"
    soundfile.write(buffer, sound, sample_rate_hz, format="OGG", subtype=codec)
    return with_serial(buffer.getvalue(), _SERIAL)


def write_audio(record: CallRecord, file: Path) -> None:
    """Write the call as its file's suffix says (.wav, .flac, .ogg). Replaces the file in one step."""
    import soundfile

    if file.suffix.lower() in {".ogg", ".opus"}:
        data = ogg(record)
    else:
        buffer = io.BytesIO()
        soundfile.write(
            buffer, stereo(record), record.sample_rate_hz, format=file.suffix[1:].upper(), subtype="PCM_16"
        )
        data = buffer.getvalue()
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(data)
    part.replace(file)


def with_serial(data: bytes, serial: int) -> bytes:
    """Return an Ogg stream under another serial number, its checksums made anew (RFC 3533, section 6)."""
    pages, at = [], 0
    while at < len(data):
        segments = data[at + 26]
        length = 27 + segments + sum(data[at + 27 : at + 27 + segments])
        page = bytearray(data[at : at + length])
        struct.pack_into("<II", page, 14, serial, struct.unpack_from("<I", page, 18)[0])
        struct.pack_into("<I", page, 22, 0)
        struct.pack_into("<I", page, 22, _checksum(page))
        pages.append(bytes(page))
        at += length
    return b"".join(pages)


def _checksum(page: bytes | bytearray) -> int:
    remainder, steps = 0, _steps()
    for byte in page:
        remainder = (remainder << 8 & 0xFFFFFFFF) ^ steps[remainder >> 24 ^ byte]
    return remainder


@cache
def _steps() -> tuple[int, ...]:
    def step(value: int) -> int:
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        return value

    return tuple(step(byte << 24) for byte in range(256))
