"""The state of a conversation at a barge-in, as one value: made from a cut turn, rendered into a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_agent.context.classifying import Class, classify
from local_agent.context.delivery import CLOSING, context_at, sentence_at, sentence_spans
from local_agent.context.slots import fill

if TYPE_CHECKING:
    from local_agent.context.lexicon import Lexicon
    from local_agent.record import SpokenTurn


@dataclass(frozen=True, slots=True)
class InterruptionContext:
    """What the agent wanted, what was heard of it and what not, what was said over it, what that looks like.

    `confidence` is 0 to 1 and honest about little: see `classify`.
    """

    agent_intent: str
    delivered_text: str
    remaining_text: str
    caller_utterance: str
    interruption_class: Class
    confidence: float

    @property
    def interrupted_text(self) -> str:
        """The whole turn that was cut."""
        return self.delivered_text + self.remaining_text

    def rendered(self, template: str) -> str:
        """Return the template with its run-time slots filled."""
        values = {
            "interrupted_text": self.interrupted_text.strip(),
            "caller_utterance": self.caller_utterance.strip(),
            "interruption_class": self.interruption_class,
            "agent_intent": self.agent_intent.strip(),
            "delivered_text": self.delivered_text.strip(),
            "remaining_text": self.remaining_text.strip(),
        }
        return fill(template, values)


def interruption(
    turn: SpokenTurn, played_samples: int, utterance: str, lexicon: Lexicon | None = None
) -> InterruptionContext:
    """Return the context of a turn that was cut after so many samples by somebody who said `utterance`."""
    delivered, remaining = context_at(turn, played_samples)
    kind, confidence = classify(
        utterance, sentence_at(turn.text, len(delivered)), asked_for_answer(turn, len(delivered)), lexicon
    )
    return InterruptionContext(turn.intent, delivered, remaining, utterance, kind, confidence)


def asked_for_answer(turn: SpokenTurn, cut: int) -> bool:
    """Whether the caller may be answering: a question was asked or begun by the place of the cut.

    People answer a question before its end, so one that has begun counts; one that nobody has heard of does
    not.
    """
    begun = [span for span in sentence_spans(turn.text) if span.start < cut]
    if not begun:
        return False
    if turn.text[begun[-1].start : begun[-1].end].rstrip(CLOSING).endswith("?"):
        return True
    return turn.expects_answer and begun[-1].end >= len(turn.text.rstrip())
