"""The page: nothing breaks out of it, it is always the same, and a browser opens it without a murmur."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.metrics.measuring import metrics_of
from local_agent.report.document import document
from local_agent.report.page import page
from local_agent.report.page_data import Run

if TYPE_CHECKING:
    from pathlib import Path


def _data(text: str) -> Any:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    return json.loads(block[1])


def test_the_same_run_gives_the_same_bytes(bad: Run) -> None:
    """Sound and all: nothing random, no clock."""
    assert page([bad]) == page([bad])


def test_sound_goes_to_failures_first(bad: Run) -> None:
    """With room for one call only, a failed one has it."""
    calls = _data(page([bad], 90_000))["runs"][0]["calls"]
    assert [call["sound"] is not None for call in calls] == [False, True, False]


def test_hostile_names_stay_text(evil: Run) -> None:
    """No text from outside ends the data block, and all of it comes back as it was."""
    text = page([evil])
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert _data(text)["runs"][0]["calls"][0]["name"].startswith("</script>")


def test_runs_must_be_of_the_same_scenarios(good: Run, evil: Run) -> None:
    """Runs of other scenarios are refused."""
    with pytest.raises(ValueError, match="different scenarios"):
        page([good, evil])


@pytest.mark.slow
def test_interruptions_stand_on_the_page(browser: Any, tmp_path: Path, judged: Run, pulled: Run) -> None:
    """The state object of each, the block as a model is given it, and what the run rests on."""
    file = tmp_path / "page.html"
    file.write_text(page([judged]), "utf-8")
    browser.open(file)
    shown = browser.value("document.getElementById('interruptions').innerText")
    for text in ("three plans", "What does the middle one cost?", "meant as redirecting", "three hundred"):
        assert text in shown
    block = "document.querySelector('#interruptions pre').textContent"
    assert "The caller said: What does the middle one cost?" in browser.value(block)
    browser.value("document.querySelector('#interruptions button').click()")
    assert browser.value("document.getElementById('clock').textContent").startswith("4.05 s")
    assert "seed 7" in browser.value("document.getElementById('conditions').textContent")
    file.write_text(page([pulled]), "utf-8")
    browser.open(file)
    assert "left to people" in browser.value("document.getElementById('numbers').textContent")
    conditions = browser.value("document.getElementById('conditions').textContent")
    assert "assumed, as the pulled file does not hold it: vad.threshold, endpointing.delay_ms" in conditions
    assert "told by the platform, but not held by a profile: agent responsiveness: 1; " in conditions
    assert "note: endpointing: by silence alone" in conditions
    assert browser.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("width_px", [1280, 390])
def test_nothing_sticks_out(browser: Any, tmp_path: Path, bad: Run, judged: Run, width_px: int) -> None:
    """On a desk and on a telephone the page is as wide as its window."""
    size = {"width": width_px, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.ask("Emulation.setDeviceMetricsOverride", **size)
    file = tmp_path / "page.html"
    for run in (bad, judged):
        file.write_text(page([run]), "utf-8")
        browser.open(file)
        assert browser.value("document.documentElement.scrollWidth") <= width_px


@pytest.mark.slow
def test_a_click_on_the_waveform_is_at_its_time(browser: Any, tmp_path: Path, good: Run) -> None:
    """At 8 kHz an impulse after 6 s is drawn, and a click on it gives the clock, within a bin and a pixel."""
    caller = np.zeros(9 * 8000 + 100, np.float32)
    caller[6 * 8000] = 1
    silent = replace(good.records[0], caller=caller, agent=np.zeros_like(caller), sample_rate_hz=8000)
    alone = replace(silent, events=(), truths=(), interruptions=(), turns=())
    metrics = metrics_of([alone])
    file = tmp_path / "page.html"
    file.write_text(page([Run(document("still", metrics), (alone,), metrics)]), "utf-8")
    browser.open(file)
    column = """(() => {
      const canvas = document.getElementById("canvas"), scale = window.devicePixelRatio || 1;
      const middle = 4 + 44 + 6 + 22 + 6 + 76 / 2, above = Math.round((middle - 20) * scale);
      const row = canvas.getContext("2d").getImageData(0, above, canvas.width, 1).data, from = 80 * scale;
      for (let px = from; px < canvas.width; px++) if (row[4 * px + 3] > 0) return px / scale;
      return -1;
    })()"""
    at_px, width_px = browser.value(column), browser.value("document.getElementById('canvas').clientWidth")
    per_px_ms = 9012.5 / (width_px - 68)
    assert abs((at_px - 64) * per_px_ms - 6000) <= per_px_ms + 5
    browser.value(f"""(() => {{
      const canvas = document.getElementById("canvas"), box = canvas.getBoundingClientRect();
      canvas.setPointerCapture = () => 0;
      for (const type of ["pointerdown", "pointerup"]) canvas.dispatchEvent(new PointerEvent(type,
        {{ clientX: box.left + {at_px}, clientY: box.top + 100, pointerId: 1, bubbles: true }}));
    }})()""")
    shown_s = browser.value("parseFloat(document.getElementById('clock').textContent)")
    assert abs(shown_s * 1000 - 6000) <= per_px_ms + 5 + 5


@pytest.mark.slow
def test_opens_in_a_browser(browser: Any, tmp_path: Path, good: Run, bad: Run, evil: Run) -> None:
    """No console error, no outside request; N visits each failure in turn; sound plays in step."""
    file = tmp_path / "page.html"
    file.write_text(page([bad, good]), "utf-8")
    browser.open(file)
    assert browser.value("document.body.dataset.scenario") == "sneeze"
    seen = []
    for _ in range(4):
        browser.press("n")
        seen.append(
            (browser.value("document.body.dataset.scenario"), browser.value("document.body.dataset.failure"))
        )
    thought = "price in the middle of a thought"
    assert seen == [("sneeze", "0"), (thought, "1"), (thought, "2"), ("sneeze", "0")]
    assert "expected ignore, got barge in" in browser.value("document.getElementById('said').textContent")
    assert browser.value("document.querySelector('tr.now button').textContent") == "3.25 s"
    browser.wait("document.getElementById('sound').readyState >= 1")
    browser.press(" ")
    browser.wait("document.getElementById('sound').currentTime > 2.9")
    shown = "parseFloat(document.getElementById('clock').textContent)"
    clock = f"{shown} - document.getElementById('sound').currentTime"
    assert abs(browser.value(clock)) < 0.3
    file.write_text(page([evil]), "utf-8")
    browser.open(file)
    assert browser.value("document.body.dataset.evil") is None
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert browser.complaints == []
    assert all(url.startswith(("file://", "data:")) for url in browser.requests)
