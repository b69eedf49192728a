"""Calls with known outcomes, made of tones and bursts: no model, no voice, no seedless noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from local_agent.events import (
    AgentSpeechFinished,
    AgentSpeechPaused,
    AgentSpeechResumed,
    AgentSpeechStarted,
    BargeIn,
    CallEnded,
    Event,
    FalseBargeIn,
    SpeechStarted,
    SpeechStopped,
    UserTurnEnded,
)
from local_agent.metrics.measuring import metrics_of
from local_agent.parameters import Emulated
from local_agent.record import CallRecord, ContextScore, Interruption, SpokenTurn, Truth
from local_agent.report.document import Conditions, document
from local_agent.report.page_data import Run

RATE = 16_000
EVIL = (
    "</script><script>document.body.dataset.evil='yes'</script><img src=http://outside.invalid/x>\u2028&\"'"
)


def at(seconds: float) -> int:
    """Return seconds in samples."""
    return round(seconds * RATE)


def _sound(seconds: float, spans: list[tuple[float, float]], pitch: float, seed: int) -> np.ndarray:
    """Make syllables at 4 a second within spans: a few harmonics, some breath."""
    time = np.arange(at(seconds)) / RATE
    tone = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 6))
    breath = np.random.default_rng(seed).normal(0, 0.3, len(time))
    syllables = np.abs(np.sin(2 * np.pi * 2.1 * time)) * (0.6 + 0.4 * np.sin(2 * np.pi * 0.37 * time + seed))
    voiced = np.zeros(len(time))
    for start, end in spans:
        voiced[at(start) : at(end)] = 1
    return (
        0.28 * voiced * syllables * (tone + breath)
        + np.random.default_rng(seed + 1).normal(0, 0.004, len(time))
    ).astype(np.float32)


def _probabilities(seconds: float, spans: list[tuple[float, float]], seed: int) -> np.ndarray:
    """Rise and fall as a detector's would, a window or two late."""
    windows = int(seconds * RATE) // 512
    middle = (np.arange(windows) + 0.5) * 512 / RATE
    target = np.full(windows, 0.04)
    for start, end in spans:
        target[(middle >= start) & (middle < end)] = 0.93
    noise = np.random.default_rng(seed).normal(0, 0.05, windows)
    smooth = np.convolve(np.pad(target, (2, 0), mode="edge"), [0.2, 0.35, 0.45], mode="valid")[:windows]
    return np.clip(smooth + noise, 0, 1).astype(np.float32)


def call(
    name: str,
    caller: list[tuple[float, float]],
    agent: list[tuple[float, float]],
    truths: list[Truth],
    events: list[Event],
    seconds: float = 9.0,
) -> CallRecord:
    """Make one call of nine seconds out of where each lane sounds."""
    said = SpokenTurn(
        "Right now we have three plans, and most people take the middle one.", np.zeros(1, np.float32)
    )
    more = SpokenTurn("Of course. The middle one is three hundred a month.", np.zeros(1, np.float32))
    return CallRecord(
        name=name,
        sample_rate_hz=RATE,
        window_samples=512,
        caller=_sound(seconds, caller, 140, 1),
        agent=_sound(seconds, agent, 210, 2),
        probabilities=_probabilities(seconds, caller, 3),
        events=(*events, CallEnded(at(seconds), "end_of_audio")),
        truths=tuple(truths),
        turns=(said, more),
        notes=("caller at 18 dB over office noise", "telephone line"),
    )


def asked() -> Interruption:
    """Make the state object of an interruption that the agent understood, with its answer."""
    return Interruption(
        at_sample=at(4.05),
        agent_turn=0,
        agent_intent="present the plans",
        delivered_text="Right now we have three plans, ",
        remaining_text="and most people take the middle one.",
        caller_utterance="What does the middle one cost?",
        interruption_class="clarifying",
        confidence=0.85,
        rendered="## When the caller interrupts you\n- The caller said: What does the middle one cost?",
        meant="redirecting",
        replies=("Of course. The middle one is three hundred a month.",),
    )


def taken(score: ContextScore | None = None) -> CallRecord:
    """Make a call in which the caller takes the floor as they should, and is answered."""
    record = call(
        "redirecting interruption",
        [(2.0, 3.6)],
        [(0.3, 2.24), (4.3, 8.0)],
        [Truth(at(2.0), at(3.6), "barge_in", "speech", "What does the middle one cost?", over_agent=True)],
        [
            AgentSpeechStarted(at(0.3), 0),
            SpeechStarted(at(2.24), at(2.03)),
            AgentSpeechPaused(at(2.24), 0, at(1.94)),
            BargeIn(at(2.46), 0, at(2.03), at(1.94), "persistence"),
            SpeechStopped(at(4.0), at(3.6)),
            UserTurnEnded(at(4.05), at(3.6), "semantic"),
            AgentSpeechStarted(at(4.3), 1),
            AgentSpeechFinished(at(8.0), 1),
        ],
    )
    return replace(record, interruptions=(asked(),), context_score=score)


def sneezed(name: str = "sneeze", *, lost: bool) -> CallRecord:
    """Make a call in which a sneeze costs the agent the floor (`lost`), or a pause of half a second."""
    paused = [
        AgentSpeechStarted(at(0.3), 0),
        SpeechStarted(at(3.25), at(3.02)),
        AgentSpeechPaused(at(3.25), 0, at(2.95)),
    ]
    end: list[Event]
    if lost:
        end = [BargeIn(at(3.45), 0, at(3.02), at(2.95), "persistence"), SpeechStopped(at(4.0), at(3.6))]
        end += [
            UserTurnEnded(at(4.1), at(3.6), "silence"),
            AgentSpeechStarted(at(4.6), 1),
            AgentSpeechFinished(at(7.5), 1),
        ]
        agent = [(0.3, 3.25), (4.6, 7.5)]
    else:
        end = [
            FalseBargeIn(at(3.7), 0, at(3.02), "ended"),
            AgentSpeechResumed(at(3.7), 0, at(2.95)),
            SpeechStopped(at(4.0), at(3.6)),
            AgentSpeechFinished(at(6.5), 0),
        ]
        agent = [(0.3, 3.25), (3.7, 6.5)]
    truths = [Truth(at(3.0), at(3.6), "ignore", "sneeze", over_agent=True)]
    return call(name, [(3.0, 3.6)], agent, truths, [*paused, *end])


def cut(name: str = "price in the middle of a thought", *, early: bool) -> CallRecord:
    """Make a call in which the agent starts in the caller's pause (`early`), or waits."""
    starts = 4.2 if early else 6.1
    return call(
        name,
        [(1.9, 3.4), (4.6, 5.5)],
        [(0.3, 1.5), (starts, 8.2)],
        [
            Truth(at(1.9), at(3.4), "hold", "speech", "So the price would be"),
            Truth(at(4.6), at(5.5), "turn_end", "speech", "about three grand a month?"),
        ],
        [
            AgentSpeechStarted(at(0.3), 0),
            AgentSpeechFinished(at(1.5), 0),
            SpeechStarted(at(2.1), at(1.9)),
            SpeechStopped(at(3.8), at(3.4)),
            *([UserTurnEnded(at(3.9), at(3.4), "silence"), AgentSpeechStarted(at(4.2), 1)] if early else []),
            SpeechStarted(at(4.8), at(4.6)),
            SpeechStopped(at(5.9), at(5.5)),
            *([] if early else [UserTurnEnded(at(5.9), at(5.5), "semantic"), AgentSpeechStarted(at(6.1), 1)]),
            AgentSpeechFinished(at(8.2), 1),
        ],
    )


def run_of(profile: str, records: list[CallRecord], conditions: Conditions | None = None) -> Run:
    """Measure records and put them with their document."""
    metrics = metrics_of(records)
    return Run(document(profile, metrics, conditions=conditions), tuple(records), metrics)


@pytest.fixture
def good() -> Run:
    """Give a run in which every check passes."""
    return run_of("calm", [taken(), sneezed(lost=False), cut(early=False)])


@pytest.fixture
def bad() -> Run:
    """Give a run of the same scenarios in which a sneeze takes the floor and a thought is cut off."""
    return run_of("hasty", [taken(), sneezed(lost=True), cut(early=True)])


@pytest.fixture
def evil() -> Run:
    """Give a run whose every text tries to leave its place."""
    return run_of(EVIL, [cut(EVIL, early=True)])


@pytest.fixture
def judged() -> Run:
    """Give a run whose context was judged: one interruption answered, its thread dropped."""
    return run_of(
        "judged", [taken(ContextScore((1, 1), (0, 1), (1, 1)))], Conditions(voices=("tones",), seed=7)
    )


@pytest.fixture
def pulled() -> Run:
    """Give a run of a pulled profile, answered by a language model."""
    conditions = Conditions(
        responder="openai",
        model="tiny",
        voices=("rendered",),
        pulled_from="retell agent_1",
        assumed=("vad.threshold", "endpointing.delay_ms"),
        told_but_not_held=("agent responsiveness: 1", 'agent stt_mode: "fast"'),
        notes=("endpointing: by silence alone",),
        emulated=(Emulated("noise_suppression.engine", "platform", "rnnoise"),),
    )
    return run_of("pulled", [taken()], conditions)
