"""Whole calls, as fast as the machine can, in a closed loop with a caller who reacts.

The same inputs give the same record to the byte: there is no clock, and chance lives in the caller's script,
seeded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from local_agent.dialogue.scripted import ScriptedResponder
from local_agent.scenarios.script import AgentState
from local_agent.simulate.keeping import kept
from local_agent.simulate.lanes import CallLanes
from local_agent.simulate.speaking import RespondingMouth
from local_agent.simulate.words import ScenarioWords, TranscribedWords

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from local_agent.dialogue.responder import Responder
    from local_agent.parameters import Parameters
    from local_agent.record import CallRecord
    from local_agent.scenarios.script import CallerScript
    from local_agent.simulate.opening import Models
    from local_agent.simulate.session import Session
    from local_agent.simulate.speaking import Speaks
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
    call = CallLanes(session)
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
    return replace(
        record,
        interruptions=interruptions,
        context_score=score,
        never_happened=script.never_happened,
        unanswered=tuple(mouth.unanswered),
    )


def _words(script: CallerScript, transcriber: Listens | Literal["scenario"] | None) -> Words | None:
    if transcriber is None:
        return None
    if transcriber == "scenario":
        return ScenarioWords(lambda: script.truths)
    return TranscribedWords(transcriber)


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
