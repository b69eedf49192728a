"""What no single key can tell: one source per event, references that lead somewhere, times that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.scenarios.model import TELEPHONE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_agent.scenarios.model import CallerEvent, Scenario, Start

Place = tuple[str | int, ...]
Complaint = tuple[Place, str, str | None]


def complaints(scenario: Scenario) -> list[Complaint]:
    """Return (place, message, help) for what contradicts itself in a scenario of the right shape."""
    return [*_turns(scenario), *_surroundings(scenario), *_events(scenario)]


def _turns(scenario: Scenario) -> Iterator[Complaint]:
    for number, turn in enumerate(scenario.agent):
        if (turn.say is None) == (turn.audio is None):
            yield ("agent", number), "an agent turn has either `say` or `audio`", None


def _surroundings(scenario: Scenario) -> Iterator[Complaint]:
    for number, bed in enumerate(scenario.background):
        if (bed.noise is None) == (bed.audio is None):
            yield ("background", number), "a background has either `noise` or `audio`", None
    room, line = scenario.room, scenario.line
    if room is not None and (room.rt60_ms is None) == (room.audio is None):
        yield ("room",), "a room has either `rt60_ms` or `audio` (an impulse response)", None
    if line is not None and line.codec == "mu_law" and scenario.sample_rate_hz != TELEPHONE_HZ:
        advice = "set sample_rate_hz: 8000, or line.codec: none"
        yield ("line",), "a μ-law line runs at 8 kHz, this scenario does not", advice


def _events(scenario: Scenario) -> Iterator[Complaint]:
    if not scenario.caller and scenario.echo is None:
        yield ("caller",), "a scenario needs at least one caller event, or an echo", None
    earlier: set[str] = set()
    possible = len(scenario.agent) + sum(event.expect == "barge_in" for event in scenario.caller)
    for number, event in enumerate(scenario.caller):
        place: Place = ("caller", number)
        yield from _sources(event, place)
        yield from _start(
            event.start, (*place, "start"), possible if scenario.agent else None, earlier, first=number == 0
        )
        if event.id is not None:
            if event.id in earlier or event.id == "previous":
                yield (*place, "id"), f"the id {event.id!r} is taken", "give each event its own id"
            earlier.add(event.id)


def _sources(event: CallerEvent, place: Place) -> Iterator[Complaint]:
    if sum(source is not None for source in (event.say, event.audio, event.noise)) != 1:
        yield place, "a caller event has exactly one of `say`, `audio`, `noise`", None
    if event.duration_ms is not None and event.noise is None:
        yield (
            (*place, "duration_ms"),
            "`duration_ms` is for generated noise",
            "cut audio with from_ms and to_ms",
        )
    for key in ("from_ms", "to_ms", "onset_ms", "offset_ms"):
        if getattr(event, key) is not None and event.audio is None:
            yield (*place, key), f"`{key}` is for events with `audio`", None
    for low, high in (("from_ms", "to_ms"), ("onset_ms", "offset_ms")):
        start, end = getattr(event, low), getattr(event, high)
        if start is not None and end is not None and start >= end:
            yield (*place, high), f"`{high}` is not after `{low}`", None
    yield from _pauses(event, place)


def _pauses(event: CallerEvent, place: Place) -> Iterator[Complaint]:
    if event.pauses and event.noise is not None:
        yield (*place, "pauses"), "pauses are put into speech, not into noise", None
    elif event.pauses and event.expect == "barge_in":
        advice = "let an event that expects barge_in take the floor, and one that expects turn_end follow it"
        yield (*place, "pauses"), f"an event with pauses cannot expect {event.expect}", advice
    for number, pause in enumerate(event.pauses):
        if (pause.after_word is None) == (pause.at_ms is None):
            yield (*place, "pauses", number), "a pause has either `after_word` or `at_ms`", None
        elif pause.after_word is not None and not event.say:
            yield (*place, "pauses", number, "after_word"), "`after_word` needs `say`; use `at_ms`", None
        elif pause.after_word is not None and pause.after_word >= len((event.say or "").split()):
            message = f"no word follows word {pause.after_word}"
            yield (*place, "pauses", number, "after_word"), message, "count words from 1, before the last"


def _start(
    start: Start, place: Place, turns: int | None, earlier: set[str], *, first: bool
) -> Iterator[Complaint]:
    anchors = [key for key in ("at_ms", "agent_turn", "caller") if getattr(start, key) is not None]
    offsets = [
        key for key in ("after_start_ms", "before_end_ms", "after_end_ms") if getattr(start, key) is not None
    ]
    if len(anchors) != 1:
        yield place, "a start has exactly one of `at_ms`, `agent_turn`, `caller`", None
        return
    if len(offsets) != (anchors != ["at_ms"]):
        wanted = "one of `after_start_ms`, `before_end_ms`, `after_end_ms`"
        yield place, f"`{anchors[0]}` goes with {'no' if anchors == ['at_ms'] else 'exactly'} {wanted}", None
    if start.caller is not None:
        yield from _caller_reference(start.caller, place, earlier, first=first)
        if start.before_end_ms is not None:
            yield (*place, "before_end_ms"), "`before_end_ms` is for agent turns", "use after_start_ms"
    if start.agent_turn is not None and turns is not None and start.agent_turn >= turns:
        advice = f"turns count from 0; with one reply to each barge-in there are at most {turns}"
        yield (*place, "agent_turn"), f"there is no agent turn {start.agent_turn}", advice


def _caller_reference(name: str, place: Place, earlier: set[str], *, first: bool) -> Iterator[Complaint]:
    if name == "previous" and first:
        yield (*place, "caller"), "there is no previous event", "use at_ms or agent_turn"
    elif name != "previous" and name not in earlier:
        known = ", ".join(sorted(earlier)) or "none"
        yield (*place, "caller"), f"no earlier event has the id {name!r}", f"ids before this event: {known}"
