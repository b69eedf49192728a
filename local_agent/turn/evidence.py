"""The second look: is what stopped the agent an attempt at the floor? Pure.

The gate fires on speech-like audio; about one noise clip in ten does that for a fifth of a second. The agent
has fallen silent by then, so a few hundred milliseconds of looking cost the caller nothing. What is looked
at, from the onset on:

    certain speech   each window counts by how certain its speech is: nothing at `doubtful`, in full from
                     `certain` on, in steps of 1/1024, so that sums are exact in any order. Sneezes, barks and
                     cries end, or hover; people who want the floor say half a second of it
    long speech      speech that is never certain but does not end is somebody in a noisy place
    its end          after `quiet_ms` without speech what was heard is all there is
    level            a voice far below the caller's own is somebody else's (a television, a colleague)
    words            where somebody hears them they decide. Interrupt phrases take the floor at once, however
                     short; nothing but ignore phrases never does, unless it answers a question; other words
                     do with half as much certain speech. To an open question any words are an answer once
                     they have ended, however few. Speech of which somebody knows that it holds no
                     word (a room full of voices) does not: there would be nothing to reply to

Without a second look (`false_barge_in.validate: false`) words can decide too, as they do on platforms: the agent
speaks on until they are there (`overheard`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_agent.parameters import BargeInParameters


CERTAINTY_STEPS = 1024
"""Of a window's certainty, a power of two: windows are whole milliseconds, so a sum of their shares loses no bit."""
NO_WORDS = "no-words"
"""The reason of a false one that went on and held no word."""


class Look(StrEnum):
    """What the second look says so far."""

    BARGE_IN = "barge-in"
    FALSE = "false"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as certain, persistent and loud enough.

    Chosen on one part of several public sets of noise and speech, and reported on the other (docs/barge-in.md
    has how, and how blind that was). `enough_ms` is certain speech; `long_ms` is speech of at least
    `voiced`, certain or not. Beside words less will do: `spoken_ms`, the least at which no sneeze that Whisper
    takes for words ("Thank you!") takes the floor. Speech without a word is given up after `unheard_ms`.
    `word_ms` is a word's share of a telephone sentence, for `min_words` where nobody
    hears words.
    """

    doubtful: float = 0.80
    certain: float = 0.98
    enough_ms: int = 448
    voiced: float = 0.60
    long_ms: int = 1088
    answer_ms: int = 160
    spoken_ms: int = 256
    unheard_ms: int = 1280
    quiet_ms: int = 250
    below_caller_db: float = 15.0
    level_ms: int = 500
    word_ms: int = 300

    def certainty(self, probability: float) -> float:
        """Return which share of a window counts as certain speech: 0 to 1, in whole `CERTAINTY_STEPS`."""
        share = (probability - self.doubtful) / (self.certain - self.doubtful)
        return round(min(max(share, 0.0), 1.0) * CERTAINTY_STEPS) / CERTAINTY_STEPS


@dataclass(slots=True)
class Evidence:
    """What was heard since the onset, one window at a time.

    `hears_words` is False where nobody transcribes: `min_words` is then judged by duration. `answering` says
    that the agent had asked something that the caller may be answering. `transcript` is what was made out so
    far: "" where there are no words for certain, None where nobody can tell.
    """

    window_ms: float
    thresholds: Thresholds = field(default_factory=Thresholds)
    hears_words: bool = True
    answering: bool = False
    heard_ms: float = 0.0
    certain_ms: float = 0.0
    voiced_ms: float = 0.0
    quiet_ms: float = 0.0
    speech_ms: float = 0.0
    loudest_db: float = -120.0
    transcript: str | None = None

    def add(self, probability: float, threshold: float, release: float, level_db: float) -> None:
        """Take in one window: its speech probability (after suppression) and its level in dBFS."""
        limits = self.thresholds
        self.heard_ms += self.window_ms
        self.certain_ms += self.window_ms * limits.certainty(probability)
        if probability >= limits.voiced:
            self.voiced_ms += self.window_ms
        if probability >= threshold:
            self.speech_ms += self.window_ms
            self.loudest_db = max(self.loudest_db, level_db)
        self.quiet_ms = 0.0 if probability >= release else self.quiet_ms + self.window_ms

    @property
    def ended(self) -> bool:
        """Whether what was heard is all there is."""
        return self.quiet_ms >= self.thresholds.quiet_ms

    def look(self, barge_in: BargeInParameters, caller_db: float | None) -> tuple[Look, str]:
        """Decide, if there is enough. `caller_db` is the caller's usual level, None while unknown."""
        said = self._by_words(barge_in, over=self.ended)
        if said[0] is not Look.UNDECIDED:
            return said
        spoken = self.certain_ms >= self.thresholds.spoken_ms
        if self._words and not barge_in.min_words and self.ended and spoken:
            return Look.BARGE_IN, "words"
        if self._too_far_away(caller_db):
            decided = self.ended or self.heard_ms >= self.thresholds.level_ms
            return (Look.FALSE, "level") if decided else (Look.UNDECIDED, "")
        return self._by_sound(barge_in)

    def _too_far_away(self, caller_db: float | None) -> bool:
        limit = None if caller_db is None else caller_db - self.thresholds.below_caller_db
        return limit is not None and self.speech_ms > 0 and self.loudest_db < limit

    def overheard(self, barge_in: BargeInParameters, *, over: bool) -> tuple[Look, str]:
        """Decide on what is said over an agent that speaks on, as platforms do: no level and no time-out.

        `over` says that the gate has closed. Where words are heard, any of them will do without `min_words`,
        but ignore phrases; sound decides only where nobody can tell them.
        """
        said = self._by_words(barge_in, over=over)
        if said[0] is not Look.UNDECIDED:
            return said
        if self._words:
            if not barge_in.min_words and (over or not self._may_be_ignorable(barge_in)):
                return Look.BARGE_IN, "words"
        elif not self._unheard and not self._words_rule(barge_in):
            if self._lasts(self._more_ms(barge_in)):
                return Look.BARGE_IN, "persistence"
            if over and self._sounds_like_an_answer:
                return Look.BARGE_IN, "answer"
        return (Look.FALSE, "ended") if over else (Look.UNDECIDED, "")

    @property
    def _words(self) -> list[str]:
        """The words made out so far."""
        return words_of(self.transcript or "")

    def _by_words(self, barge_in: BargeInParameters, *, over: bool) -> tuple[Look, str]:
        """Decide by phrases, the count and an open question; `over` says that no more words will come."""
        if not self._words:
            return Look.UNDECIDED, ""
        look, reason = by_words(self.transcript or "", barge_in)
        if reason == "interrupt-phrase":
            return look, reason
        if self.answering and (over or look is Look.FALSE):
            return Look.BARGE_IN, "answer"
        # "right" may go on as "right, but …", and "I" as "I see": what is ignored is ignored once it has ended.
        if not over and self._may_be_ignorable(barge_in):
            return Look.UNDECIDED, ""
        return look, reason

    def _by_sound(self, barge_in: BargeInParameters) -> tuple[Look, str]:
        if self._sounds_enough(barge_in) and not self._words_rule(barge_in):
            if not self._unheard:
                return Look.BARGE_IN, "persistence"
            if self.ended or self.heard_ms >= self.thresholds.unheard_ms:
                return Look.FALSE, NO_WORDS
        if self.ended:
            if self._sounds_like_an_answer and not self._words_rule(barge_in):
                return Look.BARGE_IN, "answer"
            return Look.FALSE, "ended"
        if self.heard_ms >= self._timeout_ms(barge_in):
            return Look.FALSE, "timeout"
        return Look.UNDECIDED, ""

    @property
    def _sounds_like_an_answer(self) -> bool:
        return self.answering and self.certain_ms >= self.thresholds.answer_ms

    def _timeout_ms(self, barge_in: BargeInParameters) -> int:
        """How long the look may last: longer where all that lacks is the rest of `min_words`.

        Ten words take three seconds to say. Whoever has said enough for one of them is given the time of the
        others on top; where somebody hears words, one must have been made out.
        """
        goes_on = self._lasts(0) and (bool(self._words) or not self.hears_words)
        waits = goes_on and not self._may_be_ignorable(barge_in)
        return barge_in.timeout_ms + (_others_ms(barge_in, self.thresholds) if waits else 0)

    @property
    def _unheard(self) -> bool:
        """Whether it is known that there are no words."""
        return self.transcript is not None and not words_of(self.transcript)

    def _sounds_enough(self, barge_in: BargeInParameters) -> bool:
        if not self.ended and self._may_be_ignorable(barge_in):
            return False
        return not self._only_ignorable(barge_in) and self._lasts(self._more_ms(barge_in))

    def _lasts(self, more_ms: int) -> bool:
        """Whether there is speech enough for one word, and `more_ms` more."""
        limits = self.thresholds
        return self.certain_ms >= limits.enough_ms + more_ms or self.voiced_ms >= limits.long_ms + more_ms

    def _more_ms(self, barge_in: BargeInParameters) -> int:
        """How much more speech `min_words` asks for, where nobody hears words."""
        return 0 if self.hears_words else _others_ms(barge_in, self.thresholds)

    def _words_rule(self, barge_in: BargeInParameters) -> bool:
        """Whether words, not sound, have to decide."""
        return bool(barge_in.min_words) and self.hears_words

    def _only_ignorable(self, barge_in: BargeInParameters) -> bool:
        return bool(self.transcript) and by_words(self.transcript or "", barge_in)[0] is Look.FALSE

    def _may_be_ignorable(self, barge_in: BargeInParameters) -> bool:
        """Whether what was said so far is the beginning of nothing but ignore phrases, or all of it."""
        said = self._words
        return bool(said) and _only(
            said, [words_of(phrase) for phrase in barge_in.ignore_phrases], begun=True
        )


def _others_ms(barge_in: BargeInParameters, limits: Thresholds) -> int:
    """Return how long the words of `min_words` beyond the first take to say."""
    return max(barge_in.min_words - 1, 0) * limits.word_ms


_WORD = re.compile(r"[\w'-]+")


def words_of(text: str) -> list[str]:
    """Return the words of a transcript, lower case, without punctuation."""
    return [word.strip("'-") for word in _WORD.findall(text.lower()) if word.strip("'-")]


def by_words(transcript: str, barge_in: BargeInParameters) -> tuple[Look, str]:
    """Decide by words: interrupt phrases anywhere, ignore phrases as the whole of it, then the count."""
    said = words_of(transcript)
    if not said:
        return Look.UNDECIDED, ""
    if any(_contains(said, words_of(phrase)) for phrase in barge_in.interrupt_phrases):
        return Look.BARGE_IN, "interrupt-phrase"
    if _only(said, [words_of(phrase) for phrase in barge_in.ignore_phrases]):
        return Look.FALSE, "ignore-phrase"
    if barge_in.min_words and len(said) >= barge_in.min_words:
        return Look.BARGE_IN, "words"
    return Look.UNDECIDED, ""


def _contains(said: list[str], phrase: list[str]) -> bool:
    return bool(phrase) and any(
        said[at : at + len(phrase)] == phrase for at in range(len(said) - len(phrase) + 1)
    )


def _only(said: list[str], phrases: list[list[str]], *, begun: bool = False) -> bool:
    """Whether the words are nothing but phrases from the list, one after another ("right, okay").

    With `begun` the last of them need not be whole.
    """
    reached = {0}
    for at in range(len(said)):
        if at not in reached:
            continue
        rest = said[at:]
        if begun and any(phrase[: len(rest)] == rest for phrase in phrases):
            return True
        reached |= {at + len(phrase) for phrase in phrases if phrase and rest[: len(phrase)] == phrase}
    return len(said) in reached
