"""The second look under way: when words are asked for, and what scenarios know of them."""
# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import numpy as np
import pytest

from local_agent.parameters import BargeInParameters, VadParameters
from local_agent.record import Truth
from local_agent.simulate.ear import Ear, Sound
from local_agent.simulate.looking import ASK_EVERY_MS, Hearing, SecondLook
from local_agent.simulate.past import Past
from local_agent.simulate.words import ScenarioWords, TranscribedWords
from local_agent.turn.evidence import NO_WORDS, Look

RATE, WINDOW = 16_000, 512


class Stream:
    """What an ear needs of a probability stream to be made."""

    sample_rate_hz, window_samples = RATE, WINDOW


class Listener:
    """Makes out one text after another, the last for ever; counts how often it was asked."""

    def __init__(self, *texts: str | None) -> None:
        self.texts, self.asked = list(texts), 0

    def said(self, samples: np.ndarray, sample_rate_hz: int, end_sample: int) -> str | None:
        """Return the next text."""
        self.asked += 1
        return self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]

    def transcribe(self, samples: np.ndarray, sample_rate_hz: int) -> str | None:
        """Return the text."""
        return self.texts[0]


def look(words: Listener | None, *runs: tuple[float, int], **settings: object) -> tuple[Look, str, int]:
    """Let a look hear runs of (probability, windows); return what it decides, and after how many windows."""
    lane = Past(RATE * 10, WINDOW)
    hearing = Hearing(Ear(VadParameters(), Stream()), lane, words, 0)  # type: ignore[arg-type]
    made = SecondLook(BargeInParameters(**settings), hearing, 0, answering=False)  # type: ignore[arg-type]
    heard = [probability for probability, windows in runs for _ in range(windows)]
    for number, probability in enumerate(heard, start=1):
        lane.add(np.zeros(WINDOW, np.float32))
        decided, why = made.add(
            Sound(number * WINDOW, probability, None, suspected=False, level_db=-20.0), None
        )
        if decided is not Look.UNDECIDED:
            return decided, why, number
    return Look.UNDECIDED, "", len(heard)


def test_words_are_asked_for_before_the_sound_decides() -> None:
    """Persistent speech takes the floor with its words: those of a backchannel do not."""
    assert look(Listener("what is it"), (1.0, 40))[:2] == (Look.BARGE_IN, "persistence")
    said = look(Listener("right"), (1.0, 20), (0.0, 20), ignore_phrases=("right",))
    assert said[:2] == (Look.FALSE, "ignore-phrase")


def test_a_word_made_out_late_still_takes_the_floor() -> None:
    """Speech in which no word was made out at first is asked about again."""
    words = Listener("", "", "tell me")
    decided, why, windows = look(words, (1.0, 60))
    assert (decided, why) == (Look.BARGE_IN, "persistence")
    assert words.asked == 3
    assert windows * 32 >= ASK_EVERY_MS


def test_babble_is_given_up() -> None:
    """A listener who is sure that nobody says a word keeps the floor with the agent."""
    assert look(Listener(""), (1.0, 100))[:2] == (Look.FALSE, NO_WORDS)


def test_nobody_is_asked_about_a_sound_that_goes_on() -> None:
    """Without phrases to wait for, a transcriber works only when something is decided."""
    words = Listener("hello")
    look(words, (0.6, 12))
    assert words.asked == 0


@pytest.mark.parametrize("word", ["stop", "no"])
def test_a_short_word_with_and_without_a_listener(word: str) -> None:
    """A word of 0.25 s takes the floor as an interrupt phrase; where nobody hears words, it does not."""
    short = (1.0, 8), (0.0, 30)
    decided, why, windows = look(Listener(None, word), *short, interrupt_phrases=("stop", "no"))
    assert (decided, why) == (Look.BARGE_IN, "interrupt-phrase")
    assert windows * 32 <= 250 + 8 * 32 + 32  # at its end at the latest
    assert look(None, *short, interrupt_phrases=("stop", "no"))[:2] == (Look.FALSE, "ended")


def truth(expect: str, transcript: str) -> Truth:
    """Make a second of something."""
    return Truth(RATE, 2 * RATE, expect, transcript=transcript)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("truths", "known"),
    [
        ([truth("ignore", "")], ""),
        ([truth("barge_in", "")], None),
        ([truth("barge_in", "hold on")], "hold on"),
        ([truth("ignore", ""), truth("barge_in", "hold on")], "hold on"),
        ([], ""),
    ],
)
def test_scenarios_know_their_callers_words(truths: list[Truth], known: str | None) -> None:
    """Noises hold no words; what a caller says without a transcript nobody can tell."""
    samples = np.zeros(2 * RATE, np.float32)
    assert ScenarioWords(lambda: truths).said(samples, RATE, 3 * RATE) == known


def test_a_transcriber_that_makes_out_nothing_does_not_say_that_there_is_nothing() -> None:
    """It may not know the language: then sound decides."""
    assert TranscribedWords(Listener(None)).said(np.zeros(RATE, np.float32), RATE, RATE) is None
    assert look(Listener(None), (1.0, 40))[:2] == (Look.BARGE_IN, "persistence")
