"""The labelling page: candidates where somebody sounds, and a CSV that the tuner reads back."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.scenarios.reading import ScenarioUnusable
from local_agent.scenarios.speech_like import speech_like
from local_agent.tuning.listening.calls import call_files, labels_there, trials_of_calls
from local_agent.tuning.listening.labelling import candidates, labelling_page
from local_agent.tuning.listening.labels import Label
from local_agent.vad.networks import silero_v6


def _data(text: str) -> Any:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    return json.loads(block[1])


def test_candidates_are_where_it_sounds() -> None:
    """Speech in the caller's lane is found, told from the agent's; silence is not."""
    rate = 8000
    voice = speech_like(2 * rate, rate, np.random.default_rng(1), pauses=False)
    voice = (voice * (0.15 / np.std(voice))).clip(-1, 1).astype(np.float32)
    caller, agent = np.zeros(12 * rate, np.float32), np.zeros(12 * rate, np.float32)
    caller[2 * rate : 4 * rate] = voice
    caller[8 * rate : 10 * rate] = voice
    agent[7 * rate : 9 * rate] = voice
    network = silero_v6(rate)
    found = candidates(caller, agent, network)
    first = [one for one in found if one.start_s < 6]
    second = [one for one in found if one.start_s > 6]
    assert first[0].start_s == pytest.approx(2.0, abs=0.4)
    assert {one.hint for one in first} == {"turn"}
    assert second[0].hint == "over the agent"
    assert all(a.end_s <= b.start_s for a, b in pairwise(found))
    assert candidates(caller[: 2 * rate], None, network) == []
    assert {one.hint for one in candidates(caller, None, network)} == {""}


def test_the_page_is_the_same_each_time(calls: Path) -> None:
    """Nothing random, no clock; each call with sound, lanes and rows."""
    text = labelling_page(calls, call_files(calls))
    assert text == labelling_page(calls, call_files(calls))
    told = _data(text)["calls"]
    assert [call["file"] for call in told] == ["one.wav", "two.wav"]
    assert all(call["sound"] and len(call["caller"]) == len(call["agent"]) == 200 for call in told)
    assert max(told[0]["agent"][:90]) == 0
    assert max(told[0]["agent"][100:180]) > 20
    assert all(row["label"] == "" for call in told for row in call["rows"])


def test_labels_that_are_there_come_back(calls: Path) -> None:
    """In their place among what was found, and what they span is not offered again."""
    fresh = _data(labelling_page(calls, call_files(calls)))["calls"]
    labels = [
        Label.model_validate(
            {"file": "one.wav", "start_s": 0.25, "end_s": 0.5, "label": "noise", "class": "door"}
        ),
        Label.model_validate({"file": "one.wav", "start_s": 0.6, "end_s": 9.9, "label": "turn"}),
    ]
    told = _data(labelling_page(calls, call_files(calls), labels=labels))["calls"]
    assert fresh[0]["rows"]
    assert [(row["start_s"], row["end_s"], row["label"], row["class"]) for row in told[0]["rows"]] == [
        (0.25, 0.5, "noise", "door"),
        (0.6, 9.9, "turn", ""),
    ]
    assert told[1]["rows"] == fresh[1]["rows"]


def test_labels_that_cannot_be_read_are_not_lost(calls: Path, tmp_path: Path) -> None:
    """A page made without them would save a file without them."""
    mine = Path(shutil.copytree(calls, tmp_path / "mine"))
    assert labels_there(mine) == []
    (mine / "labels.csv").write_text("file,start_s,end_s,label,class\none.wav,1,2,turn,\n", "utf-8")
    assert [label.end_s for label in labels_there(mine)] == [2.0]
    (mine / "labels.csv").write_text("file,start_s,end_s,label,class\none.wav,1,two,turn,\n", "utf-8")
    with pytest.raises(ScenarioUnusable, match="is no number of seconds"):
        labels_there(mine)


def test_sound_has_a_budget(calls: Path) -> None:
    """What does not fit is listed without sound; progress is told."""
    told: list[tuple[int, int]] = []
    page = labelling_page(calls, call_files(calls), budget=10, progress=lambda *at: told.append(at))
    assert [call["sound"] for call in _data(page)["calls"]] == ["", ""]
    assert told == [(1, 2), (2, 2)]


def test_hostile_names_stay_text(calls: Path, tmp_path: Path) -> None:
    """No file name ends the data block or becomes markup."""
    shutil.copy(calls / "one.wav", tmp_path / "<img src=x>.wav")
    text = labelling_page(tmp_path, call_files(tmp_path))
    assert "<img" not in text
    assert _data(text)["calls"][0]["file"] == "<img src=x>.wav"
    assert "default-src 'none'" in text


def test_mono_calls_have_no_agent(calls: Path, tmp_path: Path) -> None:
    """The one side is the caller's."""
    import soundfile

    samples, rate = soundfile.read(calls / "one.wav")
    soundfile.write(tmp_path / "mono.wav", samples[:, 0], rate)
    call = _data(labelling_page(tmp_path, call_files(tmp_path)))["calls"][0]
    assert call["agent"] == []
    assert max(call["caller"]) > 20


def test_no_calls_are_refused(tmp_path: Path) -> None:
    """There is nothing to label."""
    with pytest.raises(UnusableInput, match="no calls"):
        labelling_page(tmp_path, [])


@pytest.mark.slow
def test_what_the_page_saves_is_read_back(browser: Any, calls: Path, tmp_path: Path) -> None:
    """A person's way through: labels, a refused overlap, the CSV; quotes and commas in names survive."""
    folder = tmp_path / "calls"
    folder.mkdir()
    shutil.copy(calls / "one.wav", folder / 'a "call", one.wav')
    file = tmp_path / "page.html"
    file.write_text(labelling_page(folder, call_files(folder)), "utf-8")
    browser.open(file)
    browser.value(
        "(data.calls[0].rows = [{start_s: 6, end_s: 6.5, label: '', class: '', hint: ''},"
        " {start_s: 2, end_s: 4, label: '', class: '', hint: 'turn'}], showRows(), 1)"
    )
    choose = (
        "(one => {{ one.value = '{}'; one.dispatchEvent(new Event('change')); }})"
        "(document.querySelectorAll('#rows select')[{}])"
    )
    browser.value(choose.format("noise", 0))
    browser.value(choose.format("turn", 1))
    browser.value("document.getElementById('save').click()")
    assert "needs its class" in browser.value("document.getElementById('problem').textContent")
    browser.value(
        "(one => { one.value = 'door, slammed'; one.dispatchEvent(new Event('change')); })"
        "(document.querySelectorAll('#rows input[type=text]')[0])"
    )
    assert browser.value("problems().length") == 0
    assert browser.value("document.getElementById('count').textContent") == "2 of 2 rows have a label"
    browser.value("document.getElementById('save').click()")
    (folder / "labels.csv").write_text(browser.value("csv()"), "utf-8")
    again = _data(labelling_page(folder, call_files(folder), labels=labels_there(folder)))["calls"][0]["rows"]
    assert [(row["start_s"], row["label"]) for row in again if row["label"]] == [(2, "turn"), (6, "noise")]
    trials = trials_of_calls(folder, seed=1)
    assert [(t.onset_s < t.end_s, t.sound_class) for t in trials] == [(True, "turn"), (True, "door, slammed")]
    assert trials[0].name == 'a "call", one.wav@2.000'
    browser.value("(data.calls[0].rows[0].start_s = 3, 1)")
    assert "overlaps" in browser.value("problems().join()")
    browser.wait("document.getElementById('sound').readyState >= 1")
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith(("file:", "data:", "blob:"))] == []
