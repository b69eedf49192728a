"""What a call kept of its context: interruptions as values, judged by what the scenario says they were."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

from dataclasses import replace

import numpy as np

from local_agent.context.interruption import InterruptionContext
from local_agent.dialogue.responder import CallerTurn, Reply
from local_agent.dialogue.script import parsed
from local_agent.dialogue.scripted import ScriptedResponder
from local_agent.events import BargeIn
from local_agent.record import SpokenTurn, Truth, Word
from local_agent.simulate.keeping import kept
from local_agent.simulate.speaking import Answered, Cut, RespondingMouth

RATE = 16_000
SCRIPT = parsed(
    """
schema: vaxctl-script/v1
turns: [{say: We survey your roof for free on any weekday., intent: book}]
answers: {clarifying: [{say: It takes an hour.}]}
"""
)
CONTEXT = InterruptionContext(
    "book", "We survey your roof ", "for free on any weekday.", "How long?", "clarifying", 0.8
)
GOOD = "It takes an hour. for free on any weekday."


class Voice:
    """A second for every word."""

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return silence with words in it."""
        said = text.split()
        words = tuple(
            Word(word, at * sample_rate_hz, (at + 1) * sample_rate_hz) for at, word in enumerate(said)
        )
        return SpokenTurn(text, np.full(len(said) * sample_rate_hz, 0.1, np.float32), words)


def test_an_interruption_belongs_to_the_barge_in_before_it() -> None:
    """Turn, state object, rendered block and replies; the score is that of its parts."""
    events = (BargeIn(100, 0, 80, 60, "x"), BargeIn(500, 3, 480, 60, "x"))
    (one,), score = kept(
        [Answered(900, CONTEXT, [GOOD])],
        events,
        (),
        script=SCRIPT,
        template="Said: {{ caller_utterance }} {{user_name}}",
    )
    assert (one.agent_turn, one.at_sample, one.meant) == (3, 900, None)
    assert one.rendered == "Said: How long? {{user_name}}"
    assert one.replies == (GOOD,)
    assert score is not None
    assert (score.addressed, score.thread, score.nothing_repeated) == ((1, 1), (1, 1), (1, 1))


def test_the_scenario_says_what_was_meant() -> None:
    """Of the labelled truths, the one that overlaps the interruption most; others do not matter."""
    events = (BargeIn(500, 0, 480, 60, "x"),)
    far = Truth(0, 100, "barge_in", interruption="stop", transcript="Stop.")
    near = Truth(470, 800, "barge_in", interruption="clarifying", transcript="How long?")
    noise = Truth(480, 900, "ignore", "cough")
    mistaken = replace(CONTEXT, interruption_class="redirecting")
    (one,), score = kept([Answered(900, mistaken, [GOOD])], events, (far, noise, near), script=SCRIPT)
    assert (one.interruption_class, one.meant) == ("redirecting", "clarifying")
    assert score is not None
    assert score.addressed == (1, 1)
    (unlabelled,), _ = kept([Answered(900, mistaken, [GOOD])], events, (far, noise), script=SCRIPT)
    assert unlabelled.meant is None


def test_without_a_script_it_is_left_to_people() -> None:
    """The interruption is kept, the score is None."""
    interruptions, score = kept([Answered(900, CONTEXT, [])], (), (), script=None)
    assert len(interruptions) == 1
    assert score is None


def test_a_mouth_keeps_what_it_answered_and_forgets_what_it_dropped() -> None:
    """A reply that is cancelled is none: the responder goes back, and answers the whole turn."""
    responder = ScriptedResponder(SCRIPT)
    mouth = RespondingMouth(responder, Voice(), RATE)
    mouth.first(0)
    turn = mouth.take()
    cut = Cut(turn, 4 * RATE)
    mouth.reply(10, "How", cut)
    mouth.cancel()
    mouth.reply(20, "How long does it take?", cut)
    said = mouth.take()
    (one,) = mouth.answered
    assert (one.at_sample, one.context.caller_utterance) == (20, "How long does it take?")
    assert one.context.delivered_text == "We survey your roof "
    assert one.replies == [said.text] == [GOOD]


class Streaming:
    """Says three sentences, one by one."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.cancelled = 0

    def first(self) -> Reply | None:
        """Let the caller speak first."""
        return None

    def reply(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Nobody asks for the whole."""
        raise AssertionError("a responder that streams is asked by sentences")

    def begin(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Give the first."""
        self.left = ["Two words.", "Is it?"]
        return Reply("One.", latency_ms=100)

    def more(self) -> str | None:
        """Give the next."""
        return self.left.pop(0) if self.left else None

    def cancel(self) -> None:
        """Count."""
        self.cancelled += 1

    def take_back(self) -> None:
        """Count too."""
        self.cancelled += 10


def test_a_turn_grows_by_sentences() -> None:
    """Text, sound, words and whether it asks are those of all that came; what is whole grows no more."""
    mouth = RespondingMouth(Streaming(), Voice(), RATE)
    assert mouth.reply(0, "Hi.", None) == RATE // 10
    assert not mouth.growing
    turn = mouth.take()
    assert (turn.text, mouth.growing) == ("One.", True)
    grown = mouth.more()
    assert grown is not None
    assert (grown.text, len(grown.samples), grown.expects_answer) == ("One. Two words.", 3 * RATE, False)
    assert [word.start_sample for word in grown.words] == [0, RATE, 2 * RATE]
    last = mouth.more()
    assert last is not None
    assert (last.text, last.expects_answer) == ("One. Two words. Is it?", True)
    assert (mouth.more(), mouth.growing) == (None, False)
    assert mouth.said == [last]


def test_a_growing_turn_is_cancelled_and_an_unsaid_one_taken_back() -> None:
    """Of the first something was heard, of the second nothing; a whole one needs neither."""
    responder = Streaming()
    mouth = RespondingMouth(responder, Voice(), RATE)
    mouth.reply(0, "Hi.", None)
    mouth.take()
    mouth.cancel()
    assert (responder.cancelled, mouth.growing) == (1, False)
    mouth.reply(0, "Hi.", None)
    mouth.cancel()
    assert responder.cancelled == 11
    mouth.cancel()
    assert responder.cancelled == 11
