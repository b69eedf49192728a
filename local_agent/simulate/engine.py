"""Whole calls, as fast as the machine can: in a closed loop with a caller who reacts, or over recorded lanes.

The same inputs give the same record to the byte: there is no clock, and chance lives in the caller's script,
seeded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from local_agent.audio.windows import ReBlocker
from local_agent.dialogue.scripted import ScriptedResponder
from local_agent.record import CallRecord, SpokenTurn
from local_agent.scenarios.script import AgentState
from local_agent.simulate.keeping import kept
from local_agent.simulate.speaking import RecordedMouth, RespondingMouth, SilentMouth
from local_agent.simulate.words import ScenarioWords, TranscribedWords

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from local_agent.dialogue.responder import Responder
    from local_agent.parameters import Parameters
    from local_agent.record import Truth
    from local_agent.scenarios.script import CallerScript
    from local_agent.simulate.opening import Models
    from local_agent.simulate.session import Session
    from local_agent.simulate.speaking import Mouth, Speaks
    from local_agent.simulate.words import Listens, Words

    Samples = NDArray[np.float32]

SCENARIO_WORDS = "words: the scenario's own text"


def simulate(
    script: CallerScript,
    parameters: Parameters,
    *,
    responder: Responder,
    voice: Speaks,
    transcriber: Listens | Literal["scenario"] | None = "scenario",
    models: Models | None = None,
) -> CallRecord:
    """Run one scenario to its end and return the call.

    `transcriber` tells what the caller said: one that listens, the scenario's own text, or nobody (None).
    `models` are opened for `parameters` where they are not given. Raises ModelMissing where one is needed
    that is not here, and what the responder, the voice or the transcriber raise.
    """
    from local_agent.simulate.opening import models_for

    rate = script.sample_rate_hz
    models = models or models_for(parameters, rate)
    words = _words(script, transcriber)
    mouth = RespondingMouth(responder, voice, rate)
    session = models.session(mouth, words)
    call = _Call(session)
    played: Samples | None = None
    while not (session.ended or script.done(session.now)):
        state = _state(session, played)
        at, played = session.now, session.speak()
        call.window(script.window(at, session.window, state), played)
    session.finish()
    notes = (*models.notes, *((SCENARIO_WORDS,) if transcriber == "scenario" else ()))
    record = call.record(script.scenario.name, mouth.said, script.truths, notes)
    context = parameters.context
    interruptions, score = kept(
        mouth.answered,
        record.events,
        record.truths,
        script=responder.script if isinstance(responder, ScriptedResponder) else None,
        template=context.template if context.enabled else "",
    )
    return replace(record, interruptions=interruptions, context_score=score)


def _words(script: CallerScript, transcriber: Listens | Literal["scenario"] | None) -> Words | None:
    if transcriber is None:
        return None
    if transcriber == "scenario":
        return ScenarioWords(lambda: script.truths)
    return TranscribedWords(transcriber)


def run_lanes(
    name: str,
    caller: Iterable[Samples],
    parameters: Parameters,
    sample_rate_hz: int,
    *,
    agent: Samples | None = None,
    transcriber: Listens | None = None,
    models: Models | None = None,
) -> CallRecord:
    """Run the agent's side over a caller's lane, in chunks of any size, and perhaps the agent's own.

    The recorded agent's turns are cut out of its lane by the same detector, and are what the agent says, each
    at its time or as soon as the floor is free. Without them the agent is silent: turns and their ends are
    all there is.
    """
    from local_agent.simulate.opening import models_for

    models = models or models_for(parameters, sample_rate_hz)
    turns = [] if agent is None else recorded_turns(agent, models)
    mouth: Mouth = RecordedMouth(turns) if turns else SilentMouth()
    session = models.session(mouth, None if transcriber is None else TranscribedWords(transcriber))
    call, blocks = _Call(session), ReBlocker(session.window)
    for chunk in caller:
        for window in blocks.push(chunk):
            call.window(window, session.speak())
    rest = blocks.finish()
    if rest is not None:
        call.window(rest.samples, session.speak())
    session.finish()
    return call.record(name, [turn for _, turn in turns], (), models.notes)


TURN_GAP_MS = 700
"""Silence in a recorded agent's lane from which on it is another turn."""
_EDGE_MS = 100


def recorded_turns(agent: Samples, models: Models) -> list[tuple[int, SpokenTurn]]:
    """Return the turns in an agent's lane, each with its first sample."""
    from local_agent.parameters import VadParameters
    from local_agent.vad.gate_runs import gate_events
    from local_agent.vad.settings import gate_settings

    stream, rate = models.fresh_stream(), models.sample_rate_hz
    vad = VadParameters(threshold=0.5, release_threshold=0.35, min_speech_ms=64, min_silence_ms=TURN_GAP_MS)
    found = gate_events(stream.probabilities(agent), gate_settings(vad, rate, stream.window_samples))
    edge, turns = _EDGE_MS * rate // 1000, []
    for number, onset in enumerate(found.onsets.tolist()):
        end = found.offsets.tolist()[number] if number < len(found.offsets) else len(agent)
        start = max(onset - edge, 0)
        turns.append((start, SpokenTurn("", agent[start : min(end + edge, len(agent))])))
    return turns


@dataclass(slots=True)
class _Lanes:
    caller: list[Samples]
    agent: list[Samples]
    probabilities: list[float]


class _Call:
    """Collects what a session hears and says."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lanes = _Lanes([], [], [])

    def window(self, heard: Samples, said: Samples) -> None:
        self._lanes.caller.append(heard.copy())
        self._lanes.agent.append(said)
        self._lanes.probabilities += [sound.probability for sound in self._session.hear(heard)]

    def record(
        self,
        name: str,
        turns: list[SpokenTurn],
        truths: tuple[Truth, ...],
        notes: tuple[str, ...],
    ) -> CallRecord:
        session, lanes = self._session, self._lanes
        return CallRecord(
            name,
            session.rate,
            session.window,
            _joined(lanes.caller),
            _joined(lanes.agent),
            np.array(lanes.probabilities, np.float32),
            tuple(session.events),
            truths,
            tuple(turns),
            session.ear.threshold,
            session.ear.release,
            notes,
        )


def _joined(windows: list[Samples]) -> Samples:
    return np.concatenate(windows) if windows else np.zeros(0, np.float32)


def _state(session: Session, played: Samples | None) -> AgentState:
    turn = session.player.turn
    return AgentState(
        speaking=None if turn is None else session.floor.turn,
        since_sample=session.speaking_since,
        duration_samples=0 if turn is None else len(turn.samples),
        last_finished=session.last_finished,
        finished_sample=session.finished_at,
        played=played,
    )
