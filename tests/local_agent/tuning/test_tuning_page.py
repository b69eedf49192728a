"""The page of a tuning: nothing breaks out of it, it is always the same, and a browser draws all of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.evidence.result import Tuning, tune
from local_agent.tuning.evidence.verdict import verdict
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.space import Space
from local_agent.tuning.showing.document import document
from local_agent.tuning.showing.page import Origin, heard, said, tuning_page
from local_agent.tuning.showing.worst import Mark, WorstClip, worst_clips
from local_agent.vad.loudness import volumes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from local_agent.tuning.listening.traces import Traces
    from local_agent.tuning.listening.trial import Trial

    Maker = Callable[..., tuple[list[Trial], Traces]]

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


def _page(found: tuple[Tuning, Sequence[WorstClip]], origin: Origin | None = None, **more: Any) -> str:
    tuning, clips = found
    return tuning_page(tuning, document(tuning), clips, origin, **more)


def _data(text: str) -> Any:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    return json.loads(block[1])


def test_the_same_tuning_gives_the_same_bytes(full: tuple[Tuning, tuple[WorstClip, ...]]) -> None:
    """Sound and all, in less than a megabyte."""
    text = _page(full, Origin("demo"))
    assert text == _page(full, Origin("demo"))
    assert 100_000 < len(text) < 1_000_000


def test_the_page_holds_what_was_found(full: tuple[Tuning, tuple[WorstClip, ...]]) -> None:
    """Every row, every setting of the front, each axis with a number for each of its values."""
    tuning, clips = full
    origin = Origin(
        "demo", "vaxctl tune demo.yaml --seed 5", ["vapi: vad.threshold 0.1 to 0.9"], ["emulated: x by y"]
    )
    data = _data(_page(full, origin))
    assert [row["name"] for row in data["rows"]] == ["present", "chosen", "published", "pipecat", "livekit"]
    assert len(data["front"]) == len(tuning.front)
    assert data["limits"] == ["vapi: vad.threshold 0.1 to 0.9"]
    assert data["not_as_profile"] == ["emulated: x by y"]
    assert data["command"] == "vaxctl tune demo.yaml --seed 5"
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
    assert all(
        clip["sound"] and clip["envelope"] and clip["said"] and clip["heard"] for clip in data["clips"]
    )
    assert all(clip["present_marks"] and clip["present_threshold"] == 0.55 for clip in data["clips"])


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
    text = _page((tuning, [evil]), Origin(EVIL, EVIL, [EVIL], [EVIL]))
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert _data(text)["clips"][0]["name"].startswith("</script>")


@pytest.mark.parametrize(
    ("wrong", "marks", "run_ms", "words"),
    [
        (
            "false_barge_in",
            ("BargeIn",),
            320,
            ["gave up the floor", "700 ms after", "0.91", "0.5 for 320 ms"],
        ),
        (
            "missed_barge_in",
            (),
            0,
            ["700 ms and never got the floor", "never paused", "never to the threshold"],
        ),
        ("missed_barge_in", ("AgentSpeechPaused",), 96, ["took it for no attempt"]),
        ("premature_cutoff", ("UserTurnEnded",), 96, ["over 700 ms before", "pause was long enough"]),
        ("unanswered_turn", (), 96, ["turn of 700 ms was not heard"]),
        ("unanswered_turn", ("SpeechStarted",), 96, ["was heard, and dismissed"]),
        ("false_pause", ("AgentSpeechPaused",) * 2, 96, ["paused 2 times for nothing, first 700 ms"]),
        ("false_pause", ("AgentSpeechPaused",), 96, ["paused once for nothing, 700 ms"]),
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
    told = said(clip) + heard(clip)
    assert all(word in told for word in words), told
    assert said(replace(clip, cost_ms=1250)) == said(clip).replace("700 ms", "1.25 s")


# -- in a browser


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
    _open(browser, tmp_path / "page.html", _page(full, Origin("demo")), width_px, scheme)
    _is_sound(browser, width_px)
    assert browser.value("document.querySelectorAll('#fronts svg').length") == 6
    assert browser.value("document.querySelectorAll('#fronts svg .c-chosen').length") == 6
    assert browser.value("document.querySelectorAll('#fronts svg .w-present').length") >= 6
    assert browser.value("document.querySelectorAll('#classes .b-chosen').length") == 4
    assert browser.value("document.querySelectorAll('.clip svg .prob').length") == 12
    assert browser.value("document.querySelectorAll('.clip svg .level').length") == 36
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
    _open(browser, tmp_path / "page.html", _page((tuning, [evil]), Origin(EVIL, EVIL, [EVIL], [EVIL])), 390)
    assert browser.value("document.body.dataset.evil") is None
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert "<img src=http" in browser.value("document.querySelector('.clip h3').textContent")
    assert browser.value("document.documentElement.scrollWidth") <= 390
    assert browser.complaints == []


def _judged(found: tuple[Tuning, Sequence[WorstClip]], changes: dict[str, tuple[float, bool]]) -> str:
    """Return the page where the chosen setting changes metrics so much, beyond chance or not; all others by nothing."""
    tuning = found[0]
    differences = {}
    for name, one in tuning.differences.items():
        value, told_apart = changes.get(name, (0.0, False))
        differences[name] = replace(
            one, value=value, low=value - 0.01, high=value + 0.01, told_apart=told_apart
        )
    said = verdict(tuning.goal, differences, tuning.chosen.held_back, changed=True)
    tuning = replace(tuning, differences=differences, verdict=said)
    return tuning_page(tuning, document(tuning), found[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        (
            {"false_barge_in_rate": (-0.1, True)},
            "better",
            ["better beyond chance", "▼ Better: False barge-ins"],
        ),
        (
            {"false_barge_in_rate": (-0.1, True), "stop_ms_p50": (80.0, True)},
            "trade",
            ["a trade", "▲ Worse: Barge-in to silence, p50"],
        ),
        (
            {"missed_barge_in_rate": (0.1, True)},
            "worse",
            ["worse beyond chance", "▲ Worse: Missed barge-ins"],
        ),
        (
            {"false_barge_in_rate": (-0.1, False)},
            "unproved",
            ["not proved", "Not told apart: False barge-ins"],
        ),
        ({"stop_ms_p50": (-80.0, True)}, "unproved", ["not proved", "▼ Better: Barge-in to silence, p50"]),
    ],
)
def test_the_first_thing_told_is_what_was_proved(
    browser: Any,
    tmp_path: Path,
    loud: Bench,
    changes: dict[str, tuple[float, bool]],
    kind: str,
    words: list[str],
) -> None:
    """Better, a trade, worse or not proved, by what is told apart and was asked for; with the keys that change."""
    found = _found(loud, FULL[0])
    assert found[0].chosen.setting["vad.threshold"] != PRESENT.vad.threshold
    _open(browser, tmp_path / "page.html", _judged(found, changes))
    told = browser.value("document.getElementById('verdict').innerText")
    assert browser.value("document.getElementById('verdict').dataset.kind") == kind, told
    assert all(word in told for word in words), told
    assert f"vad.threshold 0.55 → {found[0].chosen.setting['vad.threshold']}" in told
    assert browser.value("document.getElementById('verdict').getBoundingClientRect().bottom") < 500


@pytest.mark.slow
def test_a_broken_bound_and_nothing_to_change_are_told_first(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """A bound that does not hold on audio held back is no gain, whatever is better; the present setting is no change."""
    tuning, _ = full
    held = tuning.chosen.held_back | {
        "stop_ms_p90": replace(tuning.chosen.held_back["stop_ms_p90"], value=950.0, low=920.0, high=990.0)
    }
    better = replace(
        tuning.differences["false_barge_in_rate"], value=-0.1, low=-0.2, high=-0.05, told_apart=True
    )
    differences = tuning.differences | {"false_barge_in_rate": better}
    said = verdict(tuning.goal, differences, held, changed=True)
    broken = replace(
        tuning, chosen=replace(tuning.chosen, held_back=held), differences=differences, verdict=said
    )
    _open(browser, tmp_path / "page.html", tuning_page(broken, document(broken), ()))
    assert browser.value("document.getElementById('verdict').dataset.kind") == "worse"
    assert "Bound not kept: stop_ms_p90<=900" in browser.value("document.getElementById('proof').innerText")
    said = verdict(tuning.goal, {}, tuning.baseline.held_back, changed=False)
    same = replace(tuning, chosen=tuning.baseline, verdict=said)
    _open(browser, tmp_path / "page.html", tuning_page(same, document(same), ()))
    assert browser.value("document.getElementById('verdict').dataset.kind") == "unchanged"
    assert "Nothing to change" in browser.value("document.getElementById('h-verdict').innerText")
    assert browser.value("document.querySelectorAll('#changes li').length") == 0


TICKS = """(() => {
  const isTick = (one) => !one.matches('.name') && /^-?[0-9.]+( %| ms)?$/.test(one.textContent);
  const axis = (svg, way, anchor) => [...svg.querySelectorAll('text[text-anchor=' + anchor + ']')].filter(isTick)
    .map((one) => [Number(one.getAttribute(way)), parseFloat(one.textContent)]);
  return [...document.querySelectorAll('#fronts svg')]
    .flatMap((svg) => [axis(svg, 'x', 'middle'), axis(svg, 'y', 'end')]).filter((one) => one.length > 2);
})()"""


@pytest.mark.slow
@pytest.mark.parametrize("width_px", [1280, 390])
def test_ticks_say_where_they_stand(
    browser: Any,
    tmp_path: Path,
    loud: Bench,
    full: tuple[Tuning, tuple[WorstClip, ...]],
    width_px: int,
) -> None:
    """Labels of an axis are as far apart as their numbers: none is rounded into another place."""
    rare, _ = _found(loud, "missed_barge_in_rate,unanswered_turn_rate")
    never = document(rare)
    for row in (never["baseline"], never["chosen"], *never["others"]):
        row["held_back"]["unanswered_turn_rate"].update(value=0.0, low=None, high=None)
    for one in never["front"]:
        one["held_back"]["unanswered_turn_rate"] = 0.0
    # an axis of nothing but noughts has steps of a quarter of a percent
    for page in (_page(full), tuning_page(rare, never, ())):
        _open(browser, tmp_path / "page.html", page, width_px)
        axes = browser.value(TICKS)
        assert axes
        for axis in axes:
            (from_px, low), (to_px, high) = axis[0], axis[-1]
            for px, value in axis[1:-1]:
                assert px == pytest.approx(
                    from_px + (value - low) / (high - low) * (to_px - from_px), abs=2
                ), axis


@pytest.mark.slow
def test_keys_go_through_a_chart(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """The arrow keys ring one setting after another, from left to right; Escape lets go."""
    _open(browser, tmp_path / "page.html", _page(full))
    browser.value("document.querySelector('#fronts svg').focus()")
    ring = "document.querySelector('#fronts .ring')"
    browser.press("ArrowRight")
    assert browser.value(f"{ring}.getAttribute('visibility')") == "visible"
    first = browser.value("document.getElementById('readout').textContent")
    left = browser.value(f"Number({ring}.getAttribute('cx'))")
    browser.press("ArrowLeft")
    assert browser.value(f"Number({ring}.getAttribute('cx'))") > left
    browser.press("ArrowRight")
    assert browser.value("document.getElementById('readout').textContent") == first
    browser.press("Escape")
    assert browser.value(f"{ring}.getAttribute('visibility')") == "hidden"


@pytest.mark.slow
def test_classes_without_a_failure_take_no_bar(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """They stand in one sentence, with how many were heard; the others worst first, with a bar for either setting."""
    told = document(full[0])
    rates = {"door": (0.1, 0.2), "clean": (0.0, 0.0), "shout": (0.5, 0.1)}
    for row, side in (("baseline", 0), ("chosen", 1)):
        told[row]["by_class"] = {
            sound: {"false_barge_in_rate": {"value": pair[side], "low": 0.0, "high": 0.6, "groups": 7}}
            for sound, pair in rates.items()
        }
    _open(browser, tmp_path / "page.html", tuning_page(full[0], told, ()))
    names = "[...document.querySelectorAll('#classes .sound')].map((one) => one.innerText.split('\\n').join(' ')).filter(Boolean)"
    assert browser.value(names) == ["shout 7 sources", "door 7 sources"]
    assert "clean (7 sources, at most 60.0\u00a0%)" in browser.value(
        "document.querySelector('#classes p').innerText"
    )
    assert browser.value("document.querySelectorAll('#classes .over').length") == 4


@pytest.mark.slow
def test_the_page_says_how_it_was_made(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """What was not as the profile has it, what a target cannot hold, the seed, and the command."""
    origin = Origin(
        "demo", "vaxctl tune demo.yaml --seed 5", ["vapi: no threshold"], ["emulated: platform by rnnoise"]
    )
    _open(browser, tmp_path / "page.html", _page(full, origin))
    told = browser.value("document.getElementById('limits').innerText")
    for text in (origin.command, *origin.limits, *origin.notes, "5: it deals out", "door"):
        assert text in told


@pytest.mark.slow
def test_rates_are_rounded_as_in_the_table(
    browser: Any, tmp_path: Path, full: tuple[Tuning, tuple[WorstClip, ...]]
) -> None:
    """One number is not 6.2 % in the terminal and 6.3 % on the page."""
    told = document(full[0])
    told["baseline"]["held_back"]["false_barge_in_rate"].update(value=0.0635)
    told["chosen"]["held_back"]["false_barge_in_rate"].update(value=0.0625)
    _open(browser, tmp_path / "page.html", tuning_page(full[0], told, ()))
    shown = browser.value("document.querySelector('#numbers .value').innerText").replace("\u00a0", " ")
    assert shown == f"{100 * 0.0635:.1f} % → {100 * 0.0625:.1f} %" == "6.3 % → 6.2 %"
