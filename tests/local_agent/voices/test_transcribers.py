"""The transcribers as they are installed (skipped where not), and what is believed."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.errors import ModelCorrupt, ModelMissing, UnusableInput
from local_agent.voices.hibari_voice import HibariVoice
from local_agent.voices.pocketsphinx_transcriber import PocketSphinxTranscriber
from local_agent.voices.transcriber import Hypothesis, audible
from local_agent.voices.whisper import WhisperTranscriber, pieces_of, text_of, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from local_agent.voices.transcriber import Transcriber

RATE = 16_000
SAID = "Our team can survey the roof on any weekday, and most homes are finished within two days."


def words(text: str | None) -> list[str]:
    """Return the words for comparing."""
    return re.findall(r"[a-z0-9']+", (text or "").lower())


@pytest.fixture(scope="module")
def speech() -> Callable[[str, int], NDArray[np.float32]]:
    """Return a function from text to speech, or skip and say how to bring a voice."""
    try:
        voice = HibariVoice()
    except ModelMissing as missing:
        pytest.skip(f"{missing.message}; {missing.help}")
    return lambda text, rate: voice.speak(text, rate).samples


@pytest.fixture(scope="module")
def whisper(model: Callable[[str], Path]) -> WhisperTranscriber:
    """Return the transcriber, or skip and say what is missing."""
    pytest.importorskip("ctranslate2", reason="needs ctranslate2: python -m pip install 'vaxctl[voice]'")
    return WhisperTranscriber(model("whisper_tiny_en"))


@pytest.fixture(scope="module")
def pocketsphinx() -> PocketSphinxTranscriber:
    """Return the transcriber, or skip and say what is missing."""
    pytest.importorskip("pocketsphinx", reason="needs pocketsphinx: python -m pip install 'vaxctl[voice]'")
    return PocketSphinxTranscriber()


@pytest.mark.parametrize("rate", [8000, 16000])
def test_whisper_writes_what_was_said(
    whisper: WhisperTranscriber, speech: Callable[[str, int], NDArray[np.float32]], rate: int
) -> None:
    """A sentence and a word, at both rates, to the word."""
    assert words(whisper.transcribe(speech(SAID, rate), rate)) == words(SAID)
    assert words(whisper.transcribe(speech("Excuse me.", rate), rate)) == ["excuse", "me"]


def test_whisper_hears_more_than_its_window(
    whisper: WhisperTranscriber, speech: Callable[[str, int], NDArray[np.float32]]
) -> None:
    """Twice the sentence with a pause is more than 10 s: cut in the pause, nothing is lost."""
    once = np.concatenate([speech(SAID, RATE), np.zeros(5 * RATE // 2, np.float32)])
    twice = np.concatenate([once, once])
    assert twice.size > 10 * RATE
    assert words(whisper.transcribe(twice, RATE)) == words(SAID) * 2


@pytest.mark.parametrize("kind", ["nothing", "silence", "noise", "tone", "burst"])
def test_whisper_believes_no_words_in_what_is_no_speech(whisper: WhisperTranscriber, kind: str) -> None:
    """Whisper makes "you" of these; the gate takes it away."""
    random = np.random.default_rng(0)
    burst = np.zeros(RATE)
    burst[4000:7000] = 0.3 * random.standard_normal(3000)
    sounds = {
        "nothing": np.zeros(0),
        "silence": np.full(RATE, 1e-5),
        "noise": 0.1 * random.standard_normal(RATE),
        "tone": 0.3 * np.sin(np.arange(RATE) * 0.2),
        "burst": burst,
    }
    assert whisper.transcribe(sounds[kind].astype(np.float32), RATE) is None


def test_pocketsphinx_writes_most_of_what_was_said(
    pocketsphinx: PocketSphinxTranscriber, speech: Callable[[str, int], NDArray[np.float32]]
) -> None:
    """Four of five words of a plain sentence; none in silence."""
    found = set(words(pocketsphinx.transcribe(speech(SAID, RATE), RATE)))
    assert len(found & set(words(SAID))) >= 0.8 * len(set(words(SAID)))
    assert pocketsphinx.transcribe(np.zeros(RATE, np.float32), RATE) is None


def test_pocketsphinx_is_the_same_every_time(
    pocketsphinx: PocketSphinxTranscriber, speech: Callable[[str, int], NDArray[np.float32]]
) -> None:
    """What was heard before does not change what is heard now."""
    first = pocketsphinx.transcribe(speech(SAID, RATE), RATE)
    pocketsphinx.transcribe(speech("Hold on, please.", 8000), 8000)
    assert pocketsphinx.transcribe(speech(SAID, RATE), RATE) == first


def test_audio_that_is_no_number_is_refused(
    whisper: WhisperTranscriber, pocketsphinx: PocketSphinxTranscriber
) -> None:
    """NaN is told, not transcribed."""
    engines: list[Transcriber] = [whisper, pocketsphinx]
    for engine in engines:
        with pytest.raises(UnusableInput, match="NaN"):
            engine.transcribe(np.full(RATE, np.nan, np.float32), RATE)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    """ctranslate2's own words, and the next step."""
    pytest.importorskip("ctranslate2", reason="needs ctranslate2: python -m pip install 'vaxctl[voice]'")
    with pytest.raises(ModelCorrupt, match="ctranslate2 cannot open"):
        WhisperTranscriber(tmp_path)


@pytest.mark.parametrize(
    ("module", "opened"), [("ctranslate2", WhisperTranscriber), ("pocketsphinx", PocketSphinxTranscriber)]
)
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, opened: Callable[[], Transcriber]
) -> None:
    """The message says what, the help says the command."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModelMissing, match=f"{module} is not installed") as missing:
        opened()
    assert "vaxctl[voice]" in str(missing.value.help)


@pytest.mark.parametrize(
    ("hypothesis", "believed"),
    [
        (Hypothesis("Stop.", -0.5, 0.1), True),
        (Hypothesis("you", -1.2, 0.99), False),
        (Hypothesis("F-", -2.3, 0.3), False),
        (Hypothesis(" ... "), False),
    ],
)
def test_hypotheses_are_believed_by_words_score_and_speech(hypothesis: Hypothesis, *, believed: bool) -> None:
    """Each of the three can refuse."""
    assert hypothesis.believed is believed


def test_audible_is_above_60_db_below_full_scale() -> None:
    """Recognisers are not asked about less."""
    assert audible(np.full(100, 1.1e-3, np.float32))
    assert not audible(np.full(100, 0.9e-3, np.float32))
    assert not audible(np.zeros(0, np.float32))


def test_long_audio_is_cut_where_it_is_quietest() -> None:
    """The pieces joined are the audio, none is longer than 10 s, and the cut is in the pause."""
    wave = np.ones(25 * RATE, np.float32)
    wave[8 * RATE : 8 * RATE + RATE // 2] = 0.0
    pieces = pieces_of(wave)
    assert np.array_equal(np.concatenate(pieces), wave)
    assert max(piece.size for piece in pieces) <= 10 * RATE
    assert 8 * RATE <= pieces[0].size <= 8.5 * RATE


def test_silent_ends_are_left_out() -> None:
    """But for a tenth of a second on either side; silence alone leaves nothing."""
    wave = np.zeros(3 * RATE, np.float32)
    wave[RATE : 2 * RATE] = 0.1
    assert trimmed(wave).size == RATE + 2 * RATE // 10
    assert trimmed(np.zeros(RATE, np.float32)).size == 0


def test_tokens_spell_bytes() -> None:
    """A leading space is Ġ, an é is two characters, special tokens are left out."""
    assert text_of(["<|notimestamps|>", "ĠCaf", "Ã©", "Ġnow", "<|endoftext|>"]) == "Café now"
