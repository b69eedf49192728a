"""Where a labelled clip's sound really begins, ends and can be cut: labels by words are tens of milliseconds off.

Word times come from aligners and synthesisers. Measured on 90 synthesised clips (2026-11), the sound begins
35 ms after the first word's time in the median and up to 100 ms after it. People's labels of speech are
left as they are: they know about breath and soft sounds, and energy does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from local_agent.audio.reading import read_clip
from local_agent.scenarios.levels import EDGE_DB, FRAME_MS, frame_powers

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from local_agent.scenarios.corpus_manifest import ClipEntry


@dataclass(frozen=True, slots=True)
class Source:
    """A corpus's folder, and the rate at which its clips are heard: 8 kHz leaves little of a hiss."""

    folder: Path
    rate_hz: int


REACH_MS = 100
"""How far from its label an edge is looked for."""
DRAWS = 20


def spoken_ms(source: Source, clip: ClipEntry) -> tuple[int, int] | None:
    """Return (onset, offset) in milliseconds by a clip's words, each at the sound's edge where one is near.

    None where the clip tells no words.
    """
    if not clip.words:
        return None
    low, high = clip.words[0][1] * 1000, clip.words[-1][2] * 1000
    loud = _loud(_powers(source, clip))
    rises = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=0) == 1) * FRAME_MS
    falls = np.flatnonzero(np.diff(loud.astype(np.int8), append=0) == -1) * FRAME_MS + FRAME_MS
    longest = int(clip.duration_s * 1000)
    return _nearest(rises, low, longest), _nearest(falls, high, longest)


def cut_ms(source: Source, clip: ClipEntry, label_ms: int) -> int:
    """Return the quietest place near a label within a clip, in milliseconds: where a pause splits no sound."""
    powers = _powers(source, clip)
    first = max(0, label_ms - REACH_MS) // FRAME_MS
    near = powers[first : (label_ms + REACH_MS) // FRAME_MS]
    if len(near) < 3:  # noqa: PLR2004 - too short to have a middle
        return label_ms
    smooth = np.convolve(near, np.ones(3) / 3, mode="valid")
    return (first + int(np.argmin(smooth)) + 1) * FRAME_MS + FRAME_MS // 2


def sounding_start_ms(source: Source, clip: ClipEntry, length_ms: int, rng: np.random.Generator) -> int:
    """Return where a stretch of a long clip begins that is not silent all through, in milliseconds."""
    loud = _loud(_powers(source, clip))
    latest = int(clip.duration_s * 1000) - length_ms
    for _ in range(DRAWS):
        start = int(rng.integers(0, latest))
        if loud[start // FRAME_MS : (start + length_ms) // FRAME_MS].any():
            return start
    return min(latest, int(np.argmax(loud)) * FRAME_MS)


def _powers(source: Source, clip: ClipEntry) -> NDArray[np.float64]:
    read = read_clip(source.folder / clip.audio, rate_hz=source.rate_hz)
    return frame_powers(read.samples, read.sample_rate_hz)


def _loud(powers: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(powers >= max(float(powers.max(initial=0.0)), 1e-12) * 10 ** (-EDGE_DB / 10))


def _nearest(edges_ms: NDArray[np.int64], label_ms: float, longest_ms: int) -> int:
    near = edges_ms[np.abs(edges_ms - label_ms) <= REACH_MS]
    at = int(near[np.argmin(np.abs(near - label_ms))]) if len(near) else round(label_ms)
    return min(at, longest_ms)
