"""Reading: every format, both sides of a call, whole and in blocks, in bounded memory."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from local_agent.audio.companding import encode_mu_law
from local_agent.audio.reading import AudioStream, read_call, read_clip
from local_agent.audio.sources import RawFormat
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def tone(rate: int, seconds: float = 1.0, hz: float = 440.0) -> NDArray[np.float32]:
    """Return a sine of half scale."""
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_16", 3.1e-5),
        ("wav", "PCM_24", 1e-6),
        ("wav", "FLOAT", 0.0),
        ("wav", "ULAW", 0.02),
        ("flac", "PCM_16", 3.1e-5),
        ("ogg", "VORBIS", 0.05),
        ("mp3", "MPEG_LAYER_III", 0.08),
    ],
)
@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_formats_at_native_rates(
    tmp_path: Path, suffix: str, subtype: str, tolerance: float, rate: int
) -> None:
    """The samples of a file come out as they went in, at the file's own rate."""
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(rate), rate, subtype=subtype)
    clip = read_clip(path)
    assert (clip.sample_rate_hz, len(clip.samples), clip.samples.dtype) == (rate, rate, np.float32)
    assert clip.duration_s == 1.0
    middle = slice(rate // 4, -rate // 4)
    assert np.abs(clip.samples[middle] - tone(rate)[middle]).max() <= tolerance


def test_other_rates_become_16_khz(tmp_path: Path) -> None:
    """44.1 kHz is resampled to the exact length; a wanted rate overrides the native one."""
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(44_100), 44_100)
    clip = read_clip(path)
    assert (clip.sample_rate_hz, len(clip.samples)) == (16_000, 16_000)
    assert np.abs(clip.samples - tone(16_000))[800:-800].max() < 1e-4
    assert read_clip(path, rate_hz=8_000).sample_rate_hz == 8_000


def test_a_clip_shorter_than_the_resamplers_delay(tmp_path: Path) -> None:
    """Twenty samples at 44.1 kHz are seven at 16 kHz, though the first push gives none."""
    path = tmp_path / "click.wav"
    soundfile.write(path, tone(44_100)[:20], 44_100)
    assert len(read_clip(path).samples) == 7


@pytest.mark.parametrize("encoding", ["mu_law", "a_law", "pcm16"])
def test_raw_audio_with_its_form_told(tmp_path: Path, encoding: str) -> None:
    """Bytes without a header are read as the witness reads them."""
    path = tmp_path / "call.raw"
    subtype = {"mu_law": "ULAW", "a_law": "ALAW", "pcm16": "PCM_16"}[encoding]
    soundfile.write(path, tone(8_000), 8_000, format="RAW", subtype=subtype, endian="LITTLE")
    form = RawFormat(encoding, 8_000)  # type: ignore[arg-type]
    witness, _ = soundfile.read(
        path, format="RAW", subtype=subtype, channels=1, samplerate=8_000, dtype="float32", endian="LITTLE"
    )
    np.testing.assert_array_equal(read_clip(path, raw=form).samples, witness)


def test_stereo_is_a_call(tmp_path: Path) -> None:
    """Caller left, agent right, or the other way round; a mono file has no agent."""
    path, mono = tmp_path / "call.wav", tmp_path / "mono.wav"
    left, right = tone(16_000), tone(16_000, hz=200)
    soundfile.write(path, np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    soundfile.write(mono, left, 16_000, subtype="FLOAT")
    caller, agent = read_call(path)
    assert agent is not None
    np.testing.assert_array_equal(caller.samples, left)
    np.testing.assert_array_equal(agent.samples, right)
    np.testing.assert_array_equal(read_call(path, caller=1)[0].samples, right)
    np.testing.assert_array_equal(read_clip(path, channel=1).samples, right)
    assert read_call(mono)[1] is None


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_blocks_are_the_whole_file(tmp_path: Path, rate: int) -> None:
    """A stream's blocks, joined, are the clip read whole, and their number was known."""
    path = tmp_path / "long.flac"
    soundfile.write(path, np.stack([tone(rate, 5.3), tone(rate, 5.3, 90)], axis=1), rate)
    stream = AudioStream(path)
    joined = np.concatenate(list(stream.channel(1)))
    assert len(joined) == stream.total_samples
    np.testing.assert_array_equal(joined, read_clip(path, channel=1).samples)


def test_three_hours_stream_in_bounded_memory(tmp_path: Path) -> None:
    """A 3 h call passes through in less than 4 MB, and is refused as a whole with what to do."""
    path, form = tmp_path / "long.ulaw", RawFormat("mu_law", 8_000)
    samples = 3 * 3600 * 8_000
    with path.open("wb") as stream:
        stream.truncate(samples)
    tracemalloc.start()
    try:
        seen = sum(len(block) for block in AudioStream(path, raw=form).channel(0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == samples
    assert peak < 4_000_000
    with pytest.raises(UnusableInput, match="180 minutes are too long") as caught:
        read_clip(path, raw=form)
    assert "stream" in str(caught.value.help)


def test_clipped_audio_is_a_warning(tmp_path: Path) -> None:
    """Audio at full scale is read, and says so; on a μ-law line full scale is lower."""
    path, line, clean = tmp_path / "loud.wav", tmp_path / "line.ulaw", tmp_path / "clean.wav"
    loud = np.clip(tone(8_000) * 8, -1, 1)
    soundfile.write(path, loud, 8_000)
    soundfile.write(clean, tone(8_000), 8_000)
    line.write_bytes(encode_mu_law(loud).tobytes())
    for clip in (read_clip(path), read_clip(line, raw=RawFormat("mu_law", 8_000))):
        (warning,) = clip.warnings
        assert (warning.kind, warning.path) == ("clipped", clip.path)
        assert warning.share > 0.5
        assert str(clip.path) in warning.message
    assert read_clip(clean).warnings == ()


def test_samples_beyond_full_scale_are_held(tmp_path: Path) -> None:
    """A float file over 1.0 comes out within -1..1, with a warning; resampled peaks stay inside too."""
    for rate in (16_000, 44_100):
        path = tmp_path / f"{rate}.wav"
        soundfile.write(path, tone(rate) * 3, rate, subtype="FLOAT")
        clip = read_clip(path)
        assert np.abs(clip.samples).max() == 1.0
        assert clip.warnings[0].kind == "clipped"
