"""The caller's side of a call, window by window: told what the agent does, it gives what is heard.

An event is placed in the window in which it begins, and then stays; its truth is known from that moment. The
same scenario, voice and agent give the same samples, whatever the windows' length; but an onset already
past when the agent told of it becomes the window's first sample. What a clip has before its onset may be cut.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from local_agent.record import Truth
from local_agent.scenarios.backdrop import backdrop
from local_agent.scenarios.line import TelephoneLine
from local_agent.scenarios.origin import told_at
from local_agent.scenarios.rendering import render_event
from local_agent.scenarios.room import impulse_response, reverberated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local_agent.scenarios.model import CallerEvent, Scenario, Start
    from local_agent.scenarios.noises import Seed
    from local_agent.scenarios.rendering import Sound
    from local_agent.voices.voice import Voice


@dataclass(frozen=True, slots=True)
class AgentState:
    """What the agent does as a window begins.

    `speaking` is the turn under way (a paused one is), `since_sample` where it began in the call,
    `duration_samples` its whole length; `last_finished` the last turn that is over, played out or cut, and
    `finished_sample` where. `played` is what the agent's line carried since the last window, for the echo.
    """

    speaking: int | None = None
    since_sample: int = 0
    duration_samples: int = 0
    last_finished: int | None = None
    finished_sample: int = 0
    played: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An event in the call: its number in the scenario, its first sample, its sound, its truths."""

    number: int
    at_sample: int
    sound: Sound
    truths: tuple[Truth, ...]

    @property
    def end_sample(self) -> int:
        """Where the event's last sound ends (its reverberation may go on)."""
        return self.at_sample + self.sound.parts[-1][1]


class CallerScript:
    """One call's caller. Ask for windows in order, without gaps."""

    def __init__(self, scenario: Scenario, voice: Voice, *, seed: int | None = None) -> None:
        self.scenario = scenario
        self.sample_rate_hz = scenario.sample_rate_hz
        seed = scenario.seed if seed is None else seed
        rate_hz = self.sample_rate_hz
        with told_at(scenario, ("room", "audio")):
            self._response = (
                impulse_response(scenario.room, rate_hz, np.random.default_rng([seed, 3]))
                if scenario.room
                else None
            )
        self._sounds = [
            _rendered(scenario, number, voice, _seed_of(seed, number, event))
            for number, event in enumerate(scenario.caller)
        ]
        self._heard = [self._in_room(sound) for sound in self._sounds]
        self._loops = backdrop(scenario, seed)
        self._line = (
            TelephoneLine(scenario.line, rate_hz, np.random.default_rng([seed, 4])) if scenario.line else None
        )
        self._echo = (
            _EchoPath(scenario.echo.delay_ms, scenario.echo.attenuation_db, rate_hz)
            if scenario.echo
            else None
        )
        self._placed: dict[int, Placed] = {}
        self._waiting = list(range(len(self._sounds)))
        self._began: dict[int, tuple[int, int]] = {}
        self._ended: dict[int, int] = {}
        self._at = 0

    @property
    def truths(self) -> tuple[Truth, ...]:
        """What is true of all events placed so far, in order of their onsets."""
        found = [truth for placed in self._placed.values() for truth in placed.truths] + self._echoes()
        return tuple(sorted(found, key=lambda truth: (truth.start_sample, truth.end_sample)))

    @property
    def unplaced(self) -> tuple[int, ...]:
        """Numbers of the events that wait for something that has not happened."""
        return tuple(self._waiting)

    @property
    def never_happened(self) -> tuple[Truth, ...]:
        """What would be true of the events that still wait: no sound, at the end of what was asked for."""
        return tuple(
            replace(truth, start_sample=self._at, end_sample=self._at)
            for number in self._waiting
            for truth in self._truths(
                self.scenario.caller[number], self._at, self._sounds[number], AgentState()
            )
        )

    def done(self, at_sample: int) -> bool:
        """Whether the call has nothing left: all events and the tail are over, or the longest duration is."""
        longest = self.scenario.max_duration_ms * self.sample_rate_hz // 1000
        if at_sample >= longest:
            return True
        tail = self.scenario.tail_ms * self.sample_rate_hz // 1000
        if not self._sounds:
            return bool(self._ended) and at_sample >= max(self._ended.values()) + tail
        ends = [placed.end_sample + tail for placed in self._placed.values()]
        return not self._waiting and at_sample >= max(ends)

    def window(self, at_sample: int, length: int, agent: AgentState) -> NDArray[np.float32]:
        """Return the next `length` samples of the caller's line; `at_sample` must follow the last window."""
        if at_sample != self._at:
            raise ValueError(f"windows are asked for in order: {self._at} is next, not {at_sample}")
        self._note(agent)
        self._place(at_sample, length, agent)
        out = self._loops[0].window(at_sample, length).copy()
        for loop in self._loops[1:]:
            out += loop.window(at_sample, length)
        for placed in self._placed.values():
            _overlay(out, self._heard[placed.number], placed.at_sample - at_sample)
        if self._echo is not None:
            out += self._echo.window(at_sample, length, agent.played)
        self._at += length
        np.minimum(np.maximum(out, np.float32(-1), out=out), np.float32(1), out=out)
        return out if self._line is None else self._line.carry(out)

    def _echoes(self) -> list[Truth]:
        """Return the agent's own turns come back; none where a caller rightly takes the floor."""
        echo = self.scenario.echo
        if echo is None or any(event.expect == "barge_in" for event in self.scenario.caller):
            return []
        delay = self._samples(echo.delay_ms)
        return [
            Truth(
                since + delay,
                since + duration + delay,
                "ignore",
                "echo",
                "",
                over_agent=True,
                agent_turn=turn,
            )
            for turn, (since, duration) in self._began.items()
        ]

    def _in_room(self, sound: Sound) -> NDArray[np.float32]:
        return sound.samples if self._response is None else reverberated(sound.samples, self._response)

    def _note(self, agent: AgentState) -> None:
        if agent.speaking is not None:
            self._began[agent.speaking] = (agent.since_sample, agent.duration_samples)
        if agent.last_finished is not None:
            self._ended.setdefault(agent.last_finished, agent.finished_sample)

    def _place(self, at_sample: int, length: int, agent: AgentState) -> None:
        """Fix the events that begin in this window; later ones may still move with the agent."""
        for number in self.unplaced:
            event = self.scenario.caller[number]
            start = self._start(number, event.start)
            if start is not None and start < at_sample + length:
                first = max(start, at_sample - self._sounds[number].parts[0][0])
                truths = self._truths(event, first, self._sounds[number], agent)
                self._placed[number] = Placed(number, first, self._sounds[number], truths)
                self._waiting.remove(number)

    def _start(self, number: int, start: Start) -> int | None:
        """Return where the clip begins so that its onset is in place, or None while that is not known."""
        onset = self._sounds[number].parts[0][0]
        anchor = self._anchor(number, start)
        return None if anchor is None else anchor - onset

    def _anchor(self, number: int, start: Start) -> int | None:
        if start.at_ms is not None:
            return self._samples(start.at_ms)
        if start.caller is not None:
            return self._after_own(self._number_of(start.caller, number), start)
        turn = start.agent_turn or 0
        if start.after_end_ms is not None:
            ended = self._ended.get(turn)
            return None if ended is None else ended + self._samples(start.after_end_ms)
        if turn not in self._began:
            return None
        since, duration = self._began[turn]
        if start.before_end_ms is not None:
            return since + max(0, duration - self._samples(start.before_end_ms))
        return since + self._samples(start.after_start_ms or 0)

    def _after_own(self, other: int, start: Start) -> int | None:
        placed = self._placed.get(other)
        if placed is None:
            return None
        if start.after_start_ms is not None:
            return placed.at_sample + placed.sound.parts[0][0] + self._samples(start.after_start_ms)
        return placed.end_sample + self._samples(start.after_end_ms or 0)

    def _number_of(self, name: str, number: int) -> int:
        if name == "previous":
            return number - 1
        return next(i for i, event in enumerate(self.scenario.caller) if event.id == name)

    def _samples(self, ms: int) -> int:
        return ms * self.sample_rate_hz // 1000

    def _truths(
        self, event: CallerEvent, at_sample: int, sound: Sound, agent: AgentState
    ) -> tuple[Truth, ...]:
        start = event.start
        if start.agent_turn is not None:
            over = start.after_end_ms is None
            turn: int | None = start.agent_turn
        else:
            over, turn = agent.speaking is not None, agent.speaking
        last = len(sound.parts) - 1
        return tuple(
            Truth(
                at_sample + low,
                at_sample + high,
                event.expect if number == last or event.expect == "ignore" else "hold",
                event.kind,
                sound.texts[number],
                over,
                turn,
                event.interruption,
            )
            for number, (low, high) in enumerate(sound.parts)
        )


class _EchoPath:
    """The agent's line, delayed and attenuated. The delay is longer than any window, so the past suffices."""

    def __init__(self, delay_ms: int, attenuation_db: float, rate_hz: int) -> None:
        self._delay = delay_ms * rate_hz // 1000
        self._gain = np.float32(10 ** (-attenuation_db / 20))
        self._past = np.zeros(self._delay, np.float32)

    def window(self, at_sample: int, length: int, played: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Take what was played up to this place, return what comes back from it on."""
        if length > self._delay:
            raise ValueError(f"a window of {length} samples is longer than the echo's delay of {self._delay}")
        if played is not None and len(played):
            self._past = np.concatenate([self._past, played])[-self._delay :]
        elif at_sample:
            raise ValueError("an echo needs AgentState.played: the samples since the last window")
        return self._past[:length] * self._gain


def _overlay(out: NDArray[np.float32], sound: NDArray[np.float32], offset: int) -> None:
    first, last = max(offset, 0), min(offset + len(sound), len(out))
    if first < last:
        out[first:last] += sound[first - offset : last - offset]


def _rendered(scenario: Scenario, number: int, voice: Voice, seed: Seed) -> Sound:
    event = scenario.caller[number]
    with told_at(scenario, ("caller", number, "say" if event.audio is None else "audio")):
        return render_event(event, scenario.sample_rate_hz, voice, seed)


def _seed_of(seed: int, number: int, event: CallerEvent) -> Seed:
    """Return an event's own seed; with an id, events added before it change nothing in it."""
    return seed, 5, zlib.crc32((event.id or str(number)).encode())
