"""The shipped utterances: complete, of their digests, found by text; and the program that renders them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.scenarios import prerender
from local_agent.scenarios.levels import active_dbfs, bounds
from local_agent.scenarios.prerender import render, texts_of
from local_agent.scenarios.reading import load_scenarios
from local_agent.scenarios.shipped import shipped_folder, spoken_folder
from local_agent.vad.silero import SileroStream
from local_agent.voices.spoken_voice import SpokenVoice

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 1_500_000


def test_every_shipped_utterance_is_rendered() -> None:
    """Run `python -m local_agent.scenarios.prerender` when this fails: a scenario says something new."""
    wanted = texts_of(load_scenarios([shipped_folder()]))
    assert sorted(SpokenVoice(spoken_folder()).utterances) == wanted
    assert prerender.main(["--check"]) == 0


def test_the_utterances_are_small_and_say_whose_they_are() -> None:
    """Voice, version and licence stand in the manifest; nothing lies about that it does not name."""
    manifest = json.loads((spoken_folder() / "manifest.json").read_text("utf-8"))
    assert (manifest["package"], manifest["version"], manifest["licence"]) == (
        "hibari-tts",
        "0.2.1",
        "Apache-2.0",
    )
    files = {file.name: file.stat().st_size for file in spoken_folder().iterdir()}
    assert sum(files.values()) < LARGEST_BYTES
    assert set(files) == {"manifest.json", *(entry["file"] for entry in manifest["utterances"])}


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_each_utterance_is_speech_with_its_words(rate_hz: int) -> None:
    """At both rates: word times for each word, in order and inside; sound at both ends; heard as speech."""
    voice = SpokenVoice(spoken_folder())
    for text in voice.utterances:
        turn = voice.speak(text, rate_hz)
        assert [word.text for word in turn.words] == text.split()
        edges = [edge for word in turn.words for edge in (word.start_sample, word.end_sample)]
        assert edges == sorted(edges)
        assert edges[-1] <= len(turn.samples)
        onset, offset = bounds(turn.samples, rate_hz)
        assert onset < rate_hz // 5
        assert len(turn.samples) - offset < rate_hz * 3 // 5, text
        assert -30 < active_dbfs(turn.samples, rate_hz) < -20
        assert float(SileroStream(rate_hz).probabilities(turn.samples).max()) > 0.55, text


def test_rendering_keeps_what_is_sound_and_drops_what_is_not_said(
    tmp_path: Path, voice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New texts are rendered, damaged files again, the rest stays; the bytes are the same every time."""
    monkeypatch.setattr(prerender, "version", lambda _: "1.0")
    assert render(["one", "two"], tmp_path, voice) == ["one", "two"]
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert render(["one", "two"], tmp_path, voice) == []
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    one = next(tmp_path.glob("one-*.flac"))
    one.write_bytes(b"damaged")
    assert render(["one", "three"], tmp_path, voice) == ["one", "three"]
    assert one.read_bytes() == before[one.name]
    assert sorted(file.name.split("-")[0] for file in tmp_path.glob("*.flac")) == ["one", "three"]


def test_found_by_text_at_both_rates(tmp_path: Path, voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audio is the voice's own to 13 bits; at 8 kHz it is half as long, and its words with it."""
    monkeypatch.setattr(prerender, "version", lambda _: "1.0")
    render(["one two"], tmp_path, voice)
    rendered = SpokenVoice(tmp_path)
    wide, narrow = (rendered.speak("one two", rate_hz) for rate_hz in (16_000, 8_000))
    assert rendered.knows("one two")
    assert not rendered.knows("One two")
    assert np.abs(wide.samples - voice.speak("one two", 16_000).samples).max() <= 8 / 32_768
    assert len(narrow.samples) * 2 == len(wide.samples)
    assert narrow.words[1].start_sample * 2 == wide.words[1].start_sample


def test_damaged_utterances_are_told(tmp_path: Path, voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed file, an absent one, a manifest that is none: each names the file and what to do."""
    monkeypatch.setattr(prerender, "version", lambda _: "1.0")
    render(["one"], tmp_path, voice)
    file = next(tmp_path.glob("*.flac"))
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(UnusableInput, match="is not the file") as told:
        SpokenVoice(tmp_path).speak("one", 8_000)
    assert "install vaxctl again" in str(told.value.help)
    file.unlink()
    with pytest.raises(UnusableInput, match="cannot be read"):
        SpokenVoice(tmp_path).speak("one", 8_000)
    (tmp_path / "manifest.json").write_text("[1]", "utf-8")
    with pytest.raises(UnusableInput, match="is no manifest"):
        SpokenVoice(tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(UnusableInput, match="cannot be read"):
        SpokenVoice(tmp_path)


def test_without_the_extra_the_program_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rendering needs the voice; checking does not."""
    monkeypatch.setitem(__import__("sys").modules, "hibari", None)
    assert prerender.main([]) == 1
    assert "vaxctl[voice]" in capsys.readouterr().err
    assert prerender.main(["--check"]) == 0


def test_check_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty folder lacks everything, and the exit code says so."""
    monkeypatch.setattr(prerender, "spoken_folder", lambda: tmp_path)
    assert prerender.main(["--check"]) == 1
    assert "missing: 'Yes.'" in capsys.readouterr().out
