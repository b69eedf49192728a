"""The page of a tuning: nothing breaks out of it, it is always the same, and a browser draws all of it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.evidence.result import Tuning, tune
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.space import Space
from local_agent.tuning.showing.document import document
from local_agent.tuning.showing.page import said, tuning_page
from local_agent.tuning.showing.worst import Mark, WorstClip, worst_clips
from local_agent.vad.loudness import volumes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from local_agent.tuning.listening.traces import Traces
    from local_agent.tuning.listening.trial import Trial

    Maker = Callable[..., tuple[list[Trial], Traces]]

_SPEC = importlib.util.spec_from_file_location(
    "tuning_browser", Path(__file__).parents[1] / "report" / "browser.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
browsing = importlib.util.module_from_spec(_SPEC)
sys.modules["tuning_browser"] = browsing
_SPEC.loader.exec_module(browsing)

EVIL = (
    "</script><script>document.body.dataset.evil='yes'</script><img src=http://outside.invalid/x>\u2028&\"'"
)
PRESENT = Parameters(endpointing=EndpointingParameters("silence"))
SPACE = Space.of(
    {
        "vad.threshold": (0.3, 0.5, 0.6, 0.7),
        "vad.min_speech_ms": (64, 96, 200, 300),
        "vad.min_silence_ms": (200, 400, 600),
        "endpointing.delay_ms": (200, 400, 700),
        "false_barge_in.validate": (True, False),
    }
)
FULL = (
    "false_barge_in_rate,missed_barge_in_rate,premature_cutoff_rate,response_delay_ms_p90",
    "stop_ms_p90<=900",
)


def _lane(trial: Trial) -> np.ndarray:
    chance = np.random.default_rng(len(trial.name))
    sound = chance.normal(0, 0.003, 220 * 512)
    start, end = (round(seconds * 16_000) for seconds in (trial.onset_s, trial.end_s))
    sound[start:end] += 0.3 * np.sin(np.arange(end - start) / 9) * chance.uniform(0.2, 1)
    return sound.astype(np.float32)


def _found(
    bench: Bench, goal: str, *bounds: str, space: Space = SPACE, limit: int = 12
) -> tuple[Tuning, tuple[WorstClip, ...]]:
    tuning = tune(lambda _: bench, PRESENT, space, parse_goal(goal, bounds), seed=5)
    return tuning, worst_clips(tuning, lambda _: bench, PRESENT, limit=limit)


@pytest.fixture(scope="module")
def loud(bench: Bench) -> Bench:
    """Return the bench with something to hear."""
    return Bench(
        bench.trials,
        bench.traces,
        lane=_lane,
        volumes=lambda trial: volumes_of(_lane(trial), 16_000, 512),
    )


@pytest.fixture(scope="module")
def full(loud: Bench) -> tuple[Tuning, tuple[WorstClip, ...]]:
    """Return a tuning with four objectives and a bound, and its clips."""
    return _found(loud, *FULL)


def _page(found: tuple[Tuning, Sequence[WorstClip]], **more: Any) -> str:
    tuning, clips = found
    return tuning_page(tuning, document(tuning), clips, **more)


def _data(text: str) -> Any:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    return json.loads(block[1])


def test_the_same_tuning_gives_the_same_bytes(full: tuple[Tuning, tuple[WorstClip, ...]]) -> None:
    """Sound and all, in less than a megabyte."""
    text = _page(full, profile="demo")
    assert text == _page(full, profile="demo")
    assert 100_000 < len(text) < 1_000_000


def test_the_page_holds_what_was_found(full: tuple[Tuning, tuple[WorstClip, ...]]) -> None:
    """Every row, every setting of the front, each axis with a number for each of its values."""
    tuning, clips = full
    data = _data(_page(full, limits=["vapi: vad.threshold 0.1 to 0.9"]))
    assert [row["name"] for row in data["rows"]] == ["present", "chosen", "published", "pipecat", "livekit"]
    assert len(data["front"]) == len(tuning.front)
    assert data["limits"] == ["vapi: vad.threshold 0.1 to 0.9"]
    assert [axis["path"] for axis in data["sensitivities"]] == [path for path, _ in SPACE.axes]
    for axis in data["sensitivities"]:
        assert {len(column) for column in axis["told"]} == {len(axis["values"])}
        assert len(axis["told"]) == 4
    assert data["bounds"][0] == {
        "text": "stop_ms_p90<=900",
        "metric": "stop_ms_p90",
        "limit": 900.0,
        "kept": {
            "searched": True,
            "held_back": (tuning.chosen.held_back["stop_ms_p90"].value or 0) <= 900,
        },
    }
    assert [clip["name"] for clip in data["clips"]] == [clip.name for clip in clips]
    assert all(clip["sound"] and clip["envelope"] and clip["said"] for clip in data["clips"])


def test_sound_has_a_budget(full: tuple[Tuning, tuple[WorstClip, ...]]) -> None:
    """The first clips are heard, as many as fit; the others are drawn."""
    clips = _data(_page(full, budget=30_000))["clips"]
    heard = [clip["sound"] is not None for clip in clips]
    assert any(heard)
    assert not all(heard)
    assert all(clip["envelope"] for clip in clips)


def test_a_class_that_is_asked_for_stands_in_every_row(loud: Bench) -> None:
    """Metrics of one class are told of all settings, not of the front alone."""
    tuning, _ = _found(loud, "false_barge_in_rate[door],missed_barge_in_rate")
    for row in _data(_page((tuning, ())))["rows"]:
        assert row["held_back"]["false_barge_in_rate[door]"]["value"] is not None
        assert row["searched"]["false_barge_in_rate[door]"]["value"] is not None


def test_hostile_names_stay_text(full: tuple[Tuning, tuple[WorstClip, ...]]) -> None:
    """No text from outside ends the data block, and all of it comes back as it was."""
    tuning, clips = full
    evil = replace(clips[0], name=EVIL, sound_class=EVIL, marks=(Mark("BargeIn", 1.2, EVIL),))
    text = _page((tuning, [evil]), profile=EVIL, limits=[EVIL])
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert _data(text)["clips"][0]["name"].startswith("</script>")


@pytest.mark.parametrize(
    ("wrong", "marks", "run_ms", "words"),
    [
        ("false_barge_in", ("BargeIn",), 320, ["took the floor 700 ms after", "0.91", "0.5 for 320 ms"]),
        ("missed_barge_in", (), 0, ["700 ms of speech never got the floor", "never paused", "never at the"]),
        ("missed_barge_in", ("AgentSpeechPaused",), 96, ["took it for no attempt"]),
        ("premature_cutoff", ("UserTurnEnded",), 96, ["over 700 ms before", "pause was long enough"]),
        ("unanswered_turn", (), 96, ["not heard"]),
        ("unanswered_turn", ("SpeechStarted",), 96, ["heard, and dismissed"]),
        ("false_pause", ("AgentSpeechPaused",) * 2, 96, ["paused 2 times, first 700 ms"]),
        ("false_pause", ("AgentSpeechPaused",), 96, ["paused once, 700 ms"]),
        ("slow_stop", ("AgentSpeechPaused",), 96, ["only 700 ms after the caller began"]),
        ("slow_answer", ("UserTurnEnded",), 96, ["only 700 ms after its last word", "longest delay ran out"]),
    ],
)
def test_each_failure_has_its_words(
    full: tuple[Tuning, tuple[WorstClip, ...]],
    wrong: Any,
    marks: tuple[str, ...],
    run_ms: int,
    words: list[str],
) -> None:
    """What went wrong, by how much, and what the detector made of it."""
    clip = replace(
        full[1][0],
        wrong=wrong,
        cost_ms=700,
        marks=tuple(Mark(mark, 1.5, "cap" if wrong == "slow_answer" else "silence") for mark in marks),
        peak=0.91,
        longest_run_ms=run_ms,
        threshold=0.5,
    )
    told = said(clip)
    assert all(word in told for word in words), told


# -- in a browser


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Give a real browser, or skip and say so."""
    program = browsing.chromium()
    if program is None:
        pytest.skip("needs Chromium or Chrome")
    opened = browsing.Browser(program, tmp_path / "profile")
    try:
        yield opened
    finally:
        opened.close()


def _open(browser: Any, file: Path, text: str, width_px: int = 1280, scheme: str = "light") -> None:
    size = {"width": width_px, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.ask("Emulation.setDeviceMetricsOverride", **size)
    browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    file.write_text(text, "utf-8")
    browser.open(file)


OVERLAPS = """[...document.querySelectorAll('main svg, section svg')].flatMap((svg) => {
  const boxes = [...svg.querySelectorAll('text')].map((one) => [one.textContent, one.getBoundingClientRect()]);
  return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
    .filter(([, q]) => Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1
      && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3)
    .map(([b]) => a + ' / ' + b));
})"""
EMPTY = "[...document.querySelectorAll('figure, .chart, .stage')].filter((one) => !one.querySelector('svg *')).length"
OUTSIDE = """[...document.querySelectorAll('svg text')].filter((one) => {
  const box = one.getBoundingClientRect(); return box.left < -1 || box.right > innerWidth + 1; }).map((one) => one.textContent)"""
STRANGE = """(document.body.innerText + [...document.querySelectorAll('svg')].map((one) => one.outerHTML).join(''))
  .match(/NaN|undefined|Infinity|null/g)"""


def _is_sound(browser: Any, width_px: int) -> None:
    """Check what must hold of every page at every width."""
    assert browser.value("document.documentElement.scrollWidth") <= width_px
    assert browser.value(OVERLAPS) == []
    assert browser.value(OUTSIDE) == []
    assert browser.value(EMPTY) == 0
    assert browser.value(STRANGE) is None
    assert browser.complaints == []
    assert all(url.startswith(("file://", "data:")) for url in browser.requests)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [1280, 390])
def test_everything_is_drawn(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]], width_px: int, scheme: str
) -> None:
    """No chart is empty, no label lies on another, nothing sticks out, nothing is no number; in either scheme."""
    _open(browser, tmp_path / "page.html", _page(full, profile="demo"), width_px, scheme)
    _is_sound(browser, width_px)
    assert browser.value("document.querySelectorAll('#fronts svg').length") == 6
    assert browser.value("document.querySelectorAll('#fronts svg .c-chosen').length") == 6
    assert browser.value("document.querySelectorAll('#fronts svg .w-present').length") >= 6
    assert browser.value("document.querySelectorAll('#classes .b-chosen').length") == 4
    assert browser.value("document.querySelectorAll('.clip svg .prob').length") == 12
    assert browser.value("document.querySelectorAll('.clip svg .level').length") == 24
    assert browser.value("document.querySelectorAll('.badge.part.held').length") == sum(
        clip.held_back for clip in full[1]
    )
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(246, 245, 242)" if scheme == "light" else "rgb(20, 23, 27)")
    browser.value("document.getElementById('on-searched').click()")
    _is_sound(browser, width_px)


@pytest.mark.slow
def test_other_goals_are_drawn_too(browser: Any, tmp_path: Path, loud: Bench, make_corpus: Maker) -> None:
    """One objective, one of a class, so few groups that there are no intervals, no clips: no hole in the page."""
    small = Bench(*make_corpus(3, seed=2))
    few = Space.of({"vad.threshold": (0.5,), "endpointing.delay_ms": (300, 600)})
    cases = [
        _found(loud, "missed_barge_in_rate"),
        _found(loud, "false_barge_in_rate[door]", "missed_barge_in_rate<=60%", "stop_ms_p50<=900"),
        _found(small, "false_barge_in_rate,response_delay_ms_p50", space=few),
        _found(loud, "premature_cutoff_rate,response_delay_ms_p50", limit=0),
    ]
    for found in cases:
        _open(browser, tmp_path / "page.html", _page(found), 390)
        _is_sound(browser, 390)
        assert browser.value("document.querySelectorAll('#fronts svg .c-chosen').length") > 0
    assert "Nothing went wrong" in browser.value("document.getElementById('worst').innerText")


@pytest.mark.slow
def test_sound_and_timeline_go_together(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """Play moves the line with the sound; another clip takes over; a click seeks."""
    _open(browser, tmp_path / "page.html", _page(full))
    head = "Number(/translate\\(([-.0-9]+)/.exec(document.querySelectorAll('.clip svg > g')[{}].getAttribute('transform'))[1])"
    start = browser.value(head.format(0))
    browser.value("document.querySelectorAll('.clip .player button')[0].click()")
    browser.wait("document.getElementById('sound').currentTime > 0.8")
    shown = "parseFloat(document.querySelectorAll('.clip output')[0].textContent)"
    assert abs(browser.value(f"{shown} - document.getElementById('sound').currentTime")) < 0.3
    assert browser.value(head.format(0)) > start + 20
    assert browser.value("document.querySelectorAll('.clip .player button')[0].textContent") == "Pause"
    browser.value("document.querySelectorAll('.clip .player button')[1].click()")
    browser.wait("document.body.dataset.clip === '1' && document.getElementById('sound').currentTime > 0.2")
    assert browser.value("document.querySelectorAll('.clip .player button')[0].textContent") == "Play"
    box = "document.querySelectorAll('.clip .stage')[2].getBoundingClientRect()"
    browser.value(
        "document.querySelectorAll('.clip .stage')[2].dispatchEvent("
        f"new PointerEvent('pointerdown', {{clientX: {box}.right - 100, bubbles: true}}))"
    )
    browser.wait("document.getElementById('sound').currentTime > 1")
    told = browser.value("document.querySelectorAll('.clip output')[2].textContent")
    assert float(told.split(" ")[0]) == pytest.approx(
        browser.value("document.getElementById('sound').currentTime"), abs=0.02
    )
    assert browser.complaints == []


@pytest.mark.slow
def test_a_setting_is_ringed_in_every_chart(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """Chosen in the table, a setting of the front is shown in all charts, with its numbers."""
    _open(browser, tmp_path / "page.html", _page(full))
    browser.value("document.querySelector('#all-front button').click()")
    rings = "document.querySelectorAll('#fronts .ring[visibility=visible]').length"
    assert browser.value(rings) == 6
    first = full[0].front[0][0]
    told = browser.value("document.getElementById('readout').textContent")
    assert all(
        f"{path} {str(value).lower() if isinstance(value, bool) else value}" in told
        for path, value in first.items()
    )
    assert "False barge-ins" in told
    browser.value("document.getElementById('on-searched').click()")
    assert browser.value(rings) == 6
    assert browser.value("document.getElementById('on-searched').getAttribute('aria-pressed')") == "true"


@pytest.mark.slow
def test_hostile_text_does_nothing(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """It stands on the page as it was written."""
    tuning, clips = full
    evil = replace(clips[0], name=EVIL, sound_class=EVIL, marks=(Mark("BargeIn", 1.2, EVIL),))
    _open(browser, tmp_path / "page.html", _page((tuning, [evil]), profile=EVIL, limits=[EVIL]), 390)
    assert browser.value("document.body.dataset.evil") is None
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert "<img src=http" in browser.value("document.querySelector('.clip h3').textContent")
    assert browser.value("document.documentElement.scrollWidth") <= 390
    assert browser.complaints == []
