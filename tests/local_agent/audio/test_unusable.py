"""Bad input: each is refused with the file's name and what to do."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from local_agent.audio.findings import refuse_labels_outside
from local_agent.audio.reading import AudioStream, read_call, read_clip
from local_agent.audio.sources import RawFormat
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Callable

NOISE = np.random.default_rng(1).uniform(-0.4, 0.4, 16_000).astype(np.float32)


def sound(path: Path, samples: object = NOISE, rate: int = 16_000, **options: str) -> bytes:
    """Write a file and return its bytes."""
    soundfile.write(path, samples, rate, **options)
    return path.read_bytes()


def spoilt(value: float) -> np.ndarray:
    """Return noise with one spoilt sample."""
    samples = NOISE.copy()
    samples[4_000] = value
    return samples


def half(path: Path) -> None:
    """Cut a file in half."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


MAKERS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "empty": ("a.wav", lambda path: path.write_bytes(b""), "empty"),
    "a text": ("a.wav", lambda path: path.write_text("hello, I am no audio"), "cannot be read as audio"),
    "no samples": ("a.wav", lambda path: sound(path, np.zeros(0, np.float32)), "no samples"),
    "nan": (
        "a.wav",
        lambda path: sound(path, spoilt(np.nan), subtype="FLOAT"),
        r"sample 4000 \(at 0.250 s\)",
    ),
    "infinite": ("a.wav", lambda path: sound(path, spoilt(-np.inf), subtype="FLOAT"), "infinite"),
    "three channels": ("a.wav", lambda path: sound(path, np.zeros((99, 3), np.float32)), "3 channels"),
    "a slow rate": ("a.wav", lambda path: sound(path, rate=4_000), "sample rate 4000 Hz"),
    "cut wav": ("a.wav", lambda path: (sound(path), half(path)), "truncated"),
    "cut ogg": ("a.ogg", lambda path: (sound(path), half(path)), "truncated"),
    "cut flac": ("a.flac", lambda path: (sound(path), half(path)), "truncated|damaged"),
    "wav header alone": ("a.wav", lambda path: path.write_bytes(b"RIFF\4\0\0\0WAVE"), "without samples"),
    "a folder": ("a.wav", lambda path: path.mkdir(), "is a folder"),
    "nothing": ("a.wav", lambda path: path, "no such file"),
}


@pytest.mark.parametrize("case", MAKERS)
def test_unusable_files(tmp_path: Path, case: str) -> None:
    """The message names the file, and the help says what to do."""
    name, make, message = MAKERS[case]
    path = tmp_path / name
    make(path)
    with pytest.raises(UnusableInput, match=message) as caught:
        read_clip(path)
    assert caught.value.message.startswith(str(path))
    assert caught.value.help


@pytest.mark.parametrize(
    ("data", "form", "message"),
    [
        (b"\x00" * 7, RawFormat("pcm16", 8_000), "whole number of 2-byte"),
        (b"\x00" * 6, RawFormat("pcm16", 8_000, channels=2), "whole number of 4-byte"),
        (b"RIFF----WAVE", RawFormat("mu_law", 8_000), "has a header"),
        (b"\x00" * 8, RawFormat("mu_law", 0), "sample rate 0 Hz"),
        (b"\x00" * 9, RawFormat("mu_law", 8_000, channels=3), "3 channels"),
    ],
)
def test_unusable_raw_audio(tmp_path: Path, data: bytes, form: RawFormat, message: str) -> None:
    """Raw bytes that cannot be what they are said to be."""
    path = tmp_path / "call.raw"
    path.write_bytes(data)
    with pytest.raises(UnusableInput, match=message):
        read_clip(path, raw=form)


def test_a_wav_written_to_a_pipe_is_read(tmp_path: Path) -> None:
    """An unknown length in the header (ffmpeg to a pipe) is no truncation."""
    path = tmp_path / "pipe.wav"
    data = bytearray(sound(path, subtype="PCM_16"))
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert len(read_clip(path).samples) == 16_000


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    """Fewer samples than were promised are a truncation, found while streaming."""
    path = tmp_path / "call.ulaw"
    path.write_bytes(b"\x80" * 40_000)
    blocks = AudioStream(path, raw=RawFormat("mu_law", 8_000)).channel(0)
    next(blocks)
    half(path)
    with pytest.raises(UnusableInput, match="of 40000 samples are there"):
        list(blocks)


def test_a_channel_that_is_not_there(tmp_path: Path) -> None:
    """Mono has no right side, and a call has two."""
    mono, stereo = tmp_path / "mono.wav", tmp_path / "stereo.wav"
    sound(mono)
    sound(stereo, np.stack([NOISE, NOISE], axis=1))
    with pytest.raises(UnusableInput, match="no channel 1"):
        read_clip(mono, channel=1)
    with pytest.raises(UnusableInput, match="no channel 2"):
        read_call(stereo, caller=2)


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ((0.5, 0.2), "ends before it starts"),
        ((-0.1, 0.2), "outside"),
        ((0.5, 1.02), "outside"),
        ((float("nan"), 1), "ends"),
    ],
)
def test_labels_outside_the_clip(span: tuple[float, float], message: str) -> None:
    """A label that leaves its clip names the file."""
    with pytest.raises(UnusableInput, match=message) as caught:
        refuse_labels_outside([(0.0, 0.1), span], 1.0, Path("clip.flac"))
    assert caught.value.message.startswith("clip.flac")


def test_labels_inside_the_clip_pass() -> None:
    """The whole clip, and ten milliseconds of rounding, are fine."""
    refuse_labels_outside([(0.0, 1.0), (0.3, 1.005)], 1.0, Path("clip.flac"))
