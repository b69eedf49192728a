"""Which voice says a text: what was rendered before, else the installed engine, else tones and a note.

What was rendered comes first even where the engine is installed: a shipped scenario sounds the same, and
gives the same figures, on every machine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

from local_agent.errors import ModelMissing
from local_agent.voices.spoken_voice import SpokenVoice
from local_agent.voices.tone_voice import ToneVoice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local_agent.record import SpokenTurn
    from local_agent.voices.voice import Voice

    Tell = Callable[[str], object]

Source = Literal["rendered", "engine", "tones"]
KEPT = 128
"""Turns kept: at 16 kHz and 10 s each some 80 MB, and the shipped scenarios have 30 of them."""


class ChosenVoice:
    """Asks the rendered utterances, then the engine; the engine is opened when it is first needed."""

    def __init__(self, rendered: SpokenVoice, engine: Callable[[], Voice], tell: Tell) -> None:
        """Take what opens the engine (it may raise ModelMissing) and what a note is told to."""
        self._rendered, self._engine, self._tell = rendered, engine, tell
        self._opened: Voice | None = None
        self._missing: ModelMissing | None = None
        self._tones = ToneVoice()
        self._told: set[str] = set()
        self._used: set[Source] = set()
        self._kept = lru_cache(maxsize=KEPT)(self._spoken)

    @property
    def used(self) -> tuple[Source, ...]:
        """Who has spoken so far: `rendered`, `engine`, `tones`, in this order. Shipped scenarios: `rendered` alone."""
        return tuple(source for source in get_args(Source) if source in self._used)

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return the text as audio; its samples cannot be written to, as others get the same ones."""
        return self._kept(text, sample_rate_hz)

    def _spoken(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        source, voice = self._voice_for(text)
        self._used.add(source)
        turn = voice.speak(text, sample_rate_hz)
        turn.samples.setflags(write=False)
        return turn

    def _voice_for(self, text: str) -> tuple[Source, Voice]:
        if self._rendered.knows(text):
            return "rendered", self._rendered
        if self._opened is None and self._missing is None:
            try:
                self._opened = self._engine()
            except ModelMissing as missing:
                self._missing = missing
        if self._opened is not None:
            return "engine", self._opened
        self._note(text)
        return "tones", self._tones

    def _note(self, text: str) -> None:
        """Say it once for each text, and once how to mend it."""
        if text in self._told or self._missing is None:
            return
        first = not self._told
        self._told.add(text)
        self._tell(f"note: no voice for {text!r}: it is played as tones, which no VAD hears as speech")
        if first:
            self._tell(f"  help: {self._missing.help}  ({self._missing.message})")


def chosen_voice(rendered: Path, tell: Tell) -> ChosenVoice:
    """Return the voice for scenarios: `rendered` is the folder of utterances, `tell` prints a line of a note.

    Raises UnusableInput where the folder has no manifest.
    """
    return ChosenVoice(SpokenVoice(rendered), _hibari, tell)


def _hibari() -> Voice:
    from local_agent.voices.hibari_voice import HibariVoice

    return HibariVoice()
