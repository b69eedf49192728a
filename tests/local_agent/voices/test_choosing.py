"""Which voice says what: rendered first, then the engine, then tones with a note; and clean cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.errors import ModelMissing
from local_agent.record import SpokenTurn, Word
from local_agent.scenarios.shipped import spoken_folder
from local_agent.voices.choosing import ChosenVoice, chosen_voice
from local_agent.voices.cutting import from_word, place_before, trimmed
from local_agent.voices.spoken_voice import SpokenVoice
from local_agent.voices.tone_voice import ToneVoice

if TYPE_CHECKING:
    from local_agent.voices.voice import Voice

RATE = 8_000


class _Engine:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return a tenth of a second of nothing."""
        self.asked.append(text)
        return SpokenTurn(text, np.zeros(sample_rate_hz // 10, np.float32))


def _absent() -> Voice:
    raise ModelMissing("package hibari-tts is not installed", help="pip install 'vaxctl[voice]'")


def test_rendered_utterances_come_before_the_engine() -> None:
    """With an engine and without one the shipped texts are the same samples; the engine is asked for others, once."""
    engine, told = _Engine(), list[str]()
    rendered = SpokenVoice(spoken_folder())
    with_engine, without = (ChosenVoice(rendered, o, told.append) for o in (lambda: engine, _absent))
    assert np.array_equal(with_engine.speak("Yes.", RATE).samples, without.speak("Yes.", RATE).samples)
    assert engine.asked == []
    assert with_engine.speak("Hello.", RATE) is with_engine.speak("Hello.", RATE)
    assert engine.asked == ["Hello."]
    assert told == []
    assert (with_engine.used, without.used) == (("rendered", "engine"), ("rendered",))


def test_tones_come_with_a_note_that_names_the_text() -> None:
    """Once for each text, and once what to install."""
    told = list[str]()
    voice = ChosenVoice(SpokenVoice(spoken_folder()), _absent, told.append)
    for text in ("Hello.", "Hello.", "Bye."):
        assert np.array_equal(voice.speak(text, RATE).samples, ToneVoice().speak(text, RATE).samples)
    voice.speak("Hello.", 16_000)
    assert voice.used == ("tones",)
    assert [line.split(":")[0] for line in told] == ["note", "  help", "note"]
    assert "'Hello.'" in told[0]
    assert "vaxctl[voice]" in told[1]
    assert "'Bye.'" in told[2]


def test_samples_are_shared_and_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one call gets another gets too, so nobody writes into it."""
    monkeypatch.setitem(__import__("sys").modules, "hibari", None)
    voice = chosen_voice(spoken_folder(), str)
    with pytest.raises(ValueError, match="read-only"):
        voice.speak("Yes.", RATE).samples[0] = 1.0
    assert len(voice.speak("not rendered", RATE).samples) > 0


def _turn() -> SpokenTurn:
    """Return two words of 300 ms with 100 ms between them, told 50 ms late, in a second of silence each side."""
    at = np.arange(300 * RATE // 1000)
    word = (0.3 * np.sin(2 * np.pi * 300 * at / RATE)).astype(np.float32)
    silence = np.zeros(RATE, np.float32)
    samples = np.concatenate([silence, word, silence[:800], word, silence])
    return SpokenTurn("a b", samples, (Word("a", 8_400, 11_600), Word("b", 11_600, 15_000)))


def test_silence_around_speech_is_taken_off() -> None:
    """50 ms stay before and 100 ms after; words keep their sound, and none reaches beyond the end."""
    turn = trimmed(_turn(), RATE)
    assert len(turn.samples) == 400 + 2_400 + 800 + 2_400 + 800
    assert [(word.start_sample, word.end_sample) for word in turn.words] == [(800, 4_000), (4_000, 6_800)]
    silent = SpokenTurn("", np.zeros(100, np.float32))
    assert trimmed(silent, RATE) is silent


def test_a_cut_falls_into_the_silence_between_words() -> None:
    """Though the times say that the second word has begun; the sound of what follows is whole."""
    turn = _turn()
    assert 10_400 < place_before(turn, 1, RATE) < 11_200
    rest = from_word(turn, 1, "b", RATE)
    assert np.array_equal(rest.samples[-10_400:], turn.samples[-10_400:])
    assert (rest.text, [word.text for word in rest.words]) == ("b", ["b"])
    tight = SpokenTurn("a b", turn.samples, (Word("a", 100, 110), Word("b", 120, 130)))
    assert place_before(tight, 1, RATE) == 115
