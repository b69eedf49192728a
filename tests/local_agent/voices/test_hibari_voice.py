"""The hibari voice as it is installed; skipped where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from local_agent.errors import ModelCorrupt, ModelMissing
from local_agent.voices import hibari_voice
from local_agent.voices.hibari_voice import HibariVoice

TEXT = "Dr. Smith owes $9.99, about 3,000 a month. Right? See you at 7:30 pm, then."


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    """Return the voice, or skip and say how to bring it."""
    try:
        return HibariVoice()
    except ModelMissing as missing:
        pytest.skip(f"{missing.message}; {missing.help}")


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
def test_every_written_word_has_its_time(voice: HibariVoice, rate: int) -> None:
    """In order, within the audio, at any rate; 2 to 5 words a second."""
    turn = voice.speak(TEXT, rate)
    assert [word.text for word in turn.words] == TEXT.split()
    edges = [edge for word in turn.words for edge in (word.start_sample, word.end_sample)]
    assert edges == sorted(edges)
    assert edges[0] > 0
    assert edges[-1] <= len(turn.samples)
    assert 1.5 < len(turn.words) / (len(turn.samples) / rate) < 5


def test_words_are_where_the_sound_is(voice: HibariVoice) -> None:
    """The pauses between sentences are at least 20 dB below the words."""
    turn = voice.speak("Yes. No.", 16000)
    level = [float(np.sqrt(np.mean(turn.samples[w.start_sample : w.end_sample] ** 2))) for w in turn.words]
    yes, no = turn.words
    pause = turn.samples[yes.end_sample + 1600 : no.start_sample - 1600]
    assert pause.size > 1600
    assert float(np.sqrt(np.mean(pause**2))) < min(level) / 10


def test_the_same_text_gives_the_same_samples(voice: HibariVoice) -> None:
    """To the bit, so that a run can be made again."""
    assert np.array_equal(voice.speak(TEXT, 16000).samples, voice.speak(TEXT, 16000).samples)


def test_no_words_are_no_sound(voice: HibariVoice) -> None:
    """Nothing to read is an empty turn."""
    assert voice.speak(" ", 16000).samples.size == 0


def test_without_the_durations_words_share_their_sentence(
    voice: HibariVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of the package: the same audio, times by length."""
    exact = voice.speak(TEXT, 16000)

    def refuse(_: bytes) -> None:
        raise ModelCorrupt("no such node")

    monkeypatch.setattr(hibari_voice, "open_session", refuse)
    plain = HibariVoice()
    turn = plain.speak(TEXT, 16000)
    assert (voice.exact_words, plain.exact_words) == (True, False)
    assert [word.text for word in turn.words] == TEXT.split()
    assert len(turn.samples) == len(exact.samples)
    assert turn.words != exact.words


def test_a_package_that_is_not_there_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what, the help says the command."""
    monkeypatch.setitem(__import__("sys").modules, "hibari", None)
    with pytest.raises(ModelMissing, match="hibari-tts is not installed") as missing:
        HibariVoice()
    assert "vaxctl[voice]" in str(missing.value.help)
