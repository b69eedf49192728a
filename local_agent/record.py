"""One finished call as values: what was heard and said, what happened, and what should have happened.

Produced by simulate, read by metrics and report. All places are samples from the call's first, at `sample_rate_hz`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from local_agent.events import Event

Expect = Literal["barge_in", "ignore", "turn_end", "hold"]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a caller's event is, and what a good agent does with it.

    `start_sample` and `end_sample` bound the sound itself (true onset and offset, without silence around it);
    `sound_class` is what it is (speech, sneeze, backchannel, tv, echo, ...); `over_agent` says whether it was meant to
    fall on the agent's speech, `agent_turn` on which turn.
    """

    start_sample: int
    end_sample: int
    expect: Expect
    sound_class: str = "speech"
    transcript: str = ""
    over_agent: bool = False
    agent_turn: int | None = None
    interruption: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word within a turn's audio, in samples from the turn's first."""

    text: str
    start_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """One agent turn as it was meant: text, audio, words with times, what it was for."""

    text: str
    samples: npt.NDArray[np.float32]
    words: tuple[Word, ...] = ()
    intent: str = ""
    expects_answer: bool = False


@dataclass(frozen=True, slots=True)
class Interruption:
    """One answered barge-in: the state object as the responder was given it, and what was said from there on.

    `at_sample` is when the caller's turn was over and the responder was asked; `agent_turn` the turn that was
    cut. `rendered` is the profile's block with its run-time slots filled, empty where the profile has none.
    `meant` is the class that the scenario gives the interruption, `interruption_class` the one that was told.
    """

    at_sample: int
    agent_turn: int
    agent_intent: str
    delivered_text: str
    remaining_text: str
    caller_utterance: str
    interruption_class: str
    confidence: float
    rendered: str = ""
    meant: str | None = None
    replies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContextScore:
    """What a call kept of its context: (kept, judged) for each part (dialogue/preservation.py)."""

    addressed: tuple[int, int]
    thread: tuple[int, int]
    nothing_repeated: tuple[int, int]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call that is over. `probabilities` has one value a window of `window_samples`.

    `context_score` is None where nobody can judge it but people: the responder had no script. `never_happened` are
    the caller's events that were due after something that did not come, with the call's end for their place;
    `unanswered` are the samples of the `UserTurnEnded` after which the responder had nothing to say.
    """

    name: str
    sample_rate_hz: int
    window_samples: int
    caller: npt.NDArray[np.float32]
    agent: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]
    events: tuple[Event, ...]
    truths: tuple[Truth, ...]
    turns: tuple[SpokenTurn, ...] = ()
    threshold: float = 0.55
    release_threshold: float = 0.40
    notes: tuple[str, ...] = field(default=())
    interruptions: tuple[Interruption, ...] = ()
    context_score: ContextScore | None = None
    never_happened: tuple[Truth, ...] = ()
    unanswered: tuple[int, ...] = ()
