"""What windows say to a gate: HIGH or LOW (vad/gate.py), of many trials at once, each level looked at once. Pure.

Ours reads probabilities as they are, LiveKit's gate smooths them, Pipecat's hears loudness too. A trial in which no
run of probabilities is long enough to start speech starts none at any loudness: it is not listened to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local_agent.tuning.listening.traces import lengths
from local_agent.vad.gate_runs import smoothed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from local_agent.parameters import BargeInParameters, VadParameters
    from local_agent.tuning.listening.traces import Flags, Traces
    from local_agent.vad.settings import GateSettings

    Numbers = NDArray[np.float64]
    Volumes = Callable[[int], Numbers]
    """The volume at the end of each window of a trial, by its place among the traces."""


class Readings:
    """Of one set of traces. `volumes` are for the preset pipecat alone."""

    def __init__(self, traces: Traces, volumes: Volumes | None = None) -> None:
        self._traces, self._volumes = traces, volumes
        self._smoothed: dict[float, Numbers] = {}
        self._high: dict[object, Flags] = {}
        self._high_lengths: dict[object, NDArray[np.int32]] = {}

    def level(self, gate: GateSettings) -> object:
        """Return what tells HIGH readings apart; a gate that hears loudness listens where its count can be reached."""
        windows = gate.start_windows if gate.needs_volume else 0
        return gate.threshold, gate.smoothing, gate.min_volume, windows

    def high(self, gate: GateSettings) -> Flags:
        """Return which windows are HIGH. Raises ValueError for a gate that hears loudness where nobody knows it."""
        key = self.level(gate)
        if key not in self._high:
            self._high[key] = self._heard(gate) if gate.needs_volume else self._likely(gate)
        return self._high[key]

    def low(self, gate: GateSettings) -> Flags:
        """Return which windows are LOW. Raises as `high` does."""
        if gate.needs_volume:
            return ~self.high(gate)
        values, release = self._values(gate.smoothing), gate.release_threshold
        return np.asarray(values <= release if gate.release_includes else values < release)

    def lengths(self, gate: GateSettings) -> NDArray[np.int32]:
        """Return for each window how many HIGH ones in a row end with it. Raises as `high` does."""
        key = self.level(gate)
        if key not in self._high_lengths:
            self._high_lengths[key] = lengths(self._traces, self.high(gate))
        return self._high_lengths[key]

    def _likely(self, gate: GateSettings) -> Flags:
        return np.asarray(self._values(gate.smoothing) >= gate.threshold)

    def _heard(self, gate: GateSettings) -> Flags:
        if self._volumes is None:
            raise ValueError("the preset pipecat hears loudness, and nobody knows it here")
        traces, flags = self._traces, self._likely(gate)
        long_enough = np.flatnonzero(lengths(traces, flags) >= gate.start_windows)
        for trial in np.unique(traces.trial_of[long_enough]).tolist():
            windows = slice(traces.starts[trial], traces.starts[trial + 1])
            flags[windows] &= self._volumes(trial) >= gate.min_volume
        return flags

    def _values(self, weight: float) -> Numbers:
        if not weight:
            return self._traces.values
        if weight not in self._smoothed:
            parts = [smoothed(self._traces.trial(place), weight) for place in range(len(self._traces))]
            self._smoothed[weight] = np.concatenate([*parts, np.zeros(0)])
        return self._smoothed[weight]


def refuse_second_look(
    vad: VadParameters, *, validate: bool, barge_in: BargeInParameters | None = None
) -> None:
    """Raise ValueError for a preset that looks twice, or counts words: no framework's own way does."""
    if vad.preset != "vaxctl" and (validate or (barge_in is not None and barge_in.min_words)):
        raise ValueError(f"the preset {vad.preset} is swept without a second look and without min_words")
