"""What is wrong with samples: NaN and infinity make them unusable, clipping is a warning.

Findings are gathered as the blocks pass, so a long file costs no memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CLIPPED_SHARE = 0.001
"""Share of samples at full scale from which audio counts as clipped; clean speech has single peaks."""


@dataclass(frozen=True, slots=True)
class AudioWarning:
    """Something that makes results from this file doubtful; `share` is the part of its samples concerned."""

    path: Path
    kind: str
    message: str
    share: float


class SampleInspector:
    """Looks at every block of a file as it passes."""

    def __init__(self, path: Path, sample_rate_hz: int, peak: float) -> None:
        self._path, self._rate_hz = path, sample_rate_hz
        self._ceiling = np.float32(peak - 1e-6)
        self._seen = self._clipped = 0

    def pass_on(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the frames held to -1..1; raise UnusableInput at the first NaN or infinity."""
        loudest = np.max(np.abs(frames)) if frames.size else np.float32(0)
        if not np.isfinite(loudest):
            self._refuse(frames)
        if loudest >= self._ceiling:
            self._clipped += int(np.count_nonzero(np.abs(frames) >= self._ceiling))
        self._seen += frames.size
        return np.clip(frames, -1.0, 1.0) if loudest > 1.0 else frames

    def _refuse(self, frames: NDArray[np.float32]) -> None:
        row = int(np.argmin(np.isfinite(frames).all(axis=1)))
        sample = self._seen // frames.shape[1] + row
        raise UnusableInput(
            f"{self._path}: sample {sample} (at {sample / self._rate_hz:.3f} s) is not a number or infinite",
            help="export the file again as 16-bit PCM",
        )

    def warnings(self) -> tuple[AudioWarning, ...]:
        """Return what was found so far."""
        share = self._clipped / self._seen if self._seen else 0.0
        if share < CLIPPED_SHARE:
            return ()
        message = (
            f"{self._path}: clipped: {share:.1%} of its samples are at full scale; record it at a lower level"
        )
        return (AudioWarning(self._path, "clipped", message, share),)


def refuse_labels_outside(spans: Sequence[tuple[float, float]], duration_s: float, path: Path) -> None:
    """Raise UnusableInput where a labelled span (start and end in seconds) is reversed or leaves the clip.

    A label may end 10 ms late: people and decoders round.
    """
    for start_s, end_s in spans:
        if not start_s <= end_s:
            raise UnusableInput(
                f"{path}: the label {start_s:g}..{end_s:g} s ends before it starts",
                help="give start and end in this order",
            )
        if start_s < 0 or end_s > duration_s + 0.010:
            raise UnusableInput(
                f"{path}: the label {start_s:g}..{end_s:g} s is outside the clip ({duration_s:.3f} s)",
                help="check the label, or that it belongs to this file",
            )
