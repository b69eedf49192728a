"""Voices without a package, and word times by length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.context.delivery import context_at
from local_agent.voices.graph_output import with_output
from local_agent.voices.tone_voice import ToneVoice
from local_agent.voices.voice import proportional_words, written_words

TEXT = "We open at nine. Would Tuesday, at ten, work for you?"


@pytest.mark.parametrize("rate", [8000, 16000])
def test_tones_last_about_as_long_as_speech(rate: int) -> None:
    """120 to 220 words a minute, within full scale, no intent."""
    turn = ToneVoice().speak(TEXT, rate)
    minutes = len(turn.samples) / rate / 60
    assert 120 < len(TEXT.split()) / minutes < 220
    assert turn.samples.dtype == np.float32
    assert 0.05 < np.abs(turn.samples).max() <= 0.1
    assert (turn.text, turn.intent) == (TEXT, "")


def test_tones_are_the_same_every_time() -> None:
    """To the bit."""
    first, second = (ToneVoice().speak(TEXT, 16000) for _ in range(2))
    assert first.words == second.words
    assert np.array_equal(first.samples, second.samples)


def test_tone_words_sound_where_they_say() -> None:
    """Between two words there is silence, within them there is not."""
    turn = ToneVoice().speak(TEXT, 16000)
    assert [word.text for word in turn.words] == TEXT.split()
    for word, following in zip(turn.words, turn.words[1:], strict=False):
        assert np.abs(turn.samples[word.start_sample : word.end_sample]).max() > 0.05
        assert not turn.samples[word.end_sample : following.start_sample].any()
        assert context_at(turn, word.end_sample)[0].split()[-1] == word.text


def test_no_text_is_no_sound() -> None:
    """An empty turn, not an error."""
    turn = ToneVoice().speak("  ", 16000)
    assert (len(turn.samples), turn.words) == (0, ())


@given(st.text(max_size=60), st.integers(0, 1000), st.integers(0, 5000))
def test_proportional_words_fill_their_stretch(text: str, start: int, length: int) -> None:
    """In order, without gaps, from the first sample to the last."""
    words = proportional_words(written_words(text), start, start + length)
    assert [word.text for word in words] == text.split()
    if words:
        edges = [words[0].start_sample, *(word.end_sample for word in words)]
        assert edges == sorted(edges)
        assert (edges[0], edges[-1]) == (start, start + length)


def test_an_output_is_appended_as_protocol_buffers_say() -> None:
    """Model field 7, graph field 12, the name and type of the value; long lengths take two bytes."""
    assert with_output(b"model", "/x") == b"model" + bytes.fromhex("3a0c620a0a022f7812040a020801")
    assert with_output(b"", "n" * 200)[:3] == bytes.fromhex("3ad401")
