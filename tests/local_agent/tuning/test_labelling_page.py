"""The labelling page in a browser, as somebody labels on it: keys, edges, undo, work that is still there tomorrow."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.tuning.listening.calls import call_files, trials_of_calls
from local_agent.tuning.listening.labelling import labelling_page

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
CTRL, SHIFT = 2, 8
ROWS = """(data.calls.forEach((call, number) => {
  call.rows = [1, 3, 5].map((start_s) => ({ start_s, end_s: start_s + 1, label: '', class: '', hint: '' }));
}), showCall(0), 1)"""
"""Three rows in each call, wherever the detector heard something: the page is tried here, not the detector."""
CHOSEN = "rows()[chosen]"


@pytest.fixture
def page(browser: Any, calls: Path, tmp_path: Path) -> Path:
    """Open the page of two calls with three rows each, and return its file."""
    file = tmp_path / "labels.html"
    file.write_text(labelling_page(calls, call_files(calls)), "utf-8")
    browser.open(file)
    browser.value(ROWS)
    return file


def _key(browser: Any, key: str, modifiers: int = 0) -> None:
    """Press a key as a keyboard does, with what is held down meanwhile."""
    text = {"text": key} if len(key) == 1 and modifiers != CTRL else {}
    code = {"Tab": 9, "Enter": 13, "Delete": 46}.get(key, 0)
    about = {"key": key, "modifiers": modifiers, "windowsVirtualKeyCode": code}
    browser.ask("Input.dispatchKeyEvent", type="keyDown", **about, **text)
    browser.ask("Input.dispatchKeyEvent", type="keyUp", **about)


def test_a_call_is_labelled_by_keys_alone(browser: Any, page: Path, calls: Path, tmp_path: Path) -> None:
    """A number labels and goes on, a noise asks for its class; what is saved is what the tuner reads."""
    assert page.exists()
    _key(browser, "4")
    _key(browser, "3")
    assert browser.value("document.activeElement.dataset.field") == "class"
    for letter in "door":  # o moves a bound elsewhere, and is a letter here
        _key(browser, letter)
    _key(browser, "Enter")
    _key(browser, "1")
    _key(browser, "n")
    assert browser.value("current") == 1
    assert browser.value("document.querySelector('#calls button').dataset.state") == "whole"
    folder = tmp_path / "again"
    shutil.copytree(calls, folder)
    (folder / "labels.csv").write_text(browser.value("csv()"), "utf-8")
    trials = trials_of_calls(folder, seed=1)
    assert [trial.sound_class for trial in trials] == ["turn", "door", "speech"]
    assert [trial.situation for trial in trials] == ["caller_turn", "over_agent", "over_agent"]
    assert browser.complaints == []


def test_bounds_are_mended_by_keys_and_every_step_undone(browser: Any, page: Path) -> None:
    """20 ms, with Shift 200 ms; never past the other bound; undo and redo go through all of it."""
    assert page.exists()
    for key, modifiers in (("w", 0), ("W", SHIFT), ("o", 0)):
        _key(browser, key, modifiers)
    assert browser.value(f"[{CHOSEN}.start_s, {CHOSEN}.end_s]") == [1.22, 1.98]
    for _ in range(3):
        _key(browser, "z", CTRL)
    assert browser.value(f"[{CHOSEN}.start_s, {CHOSEN}.end_s]") == [1, 2]
    assert browser.value("document.getElementById('undo').disabled") is True
    _key(browser, "y", CTRL)
    assert browser.value(f"{CHOSEN}.start_s") == 1.02
    for _ in range(7):
        _key(browser, "W", SHIFT)
    assert browser.value(f"{CHOSEN}.start_s") == 1.99
    _key(browser, "Delete")
    assert browser.value("rows().length") == 2
    _key(browser, "n")
    _key(browser, "z", CTRL)
    assert browser.value("[current, rows().length]") == [0, 3]


def test_an_edge_is_dragged(browser: Any, page: Path) -> None:
    """The bound follows the pointer; one undo puts it back."""
    assert page.exists()
    browser.value("document.getElementById('canvas').scrollIntoView()")
    left, top, width = browser.value("(r => [r.left, r.top, r.width])(canvas.getBoundingClientRect())")
    from_s, to_s = browser.value("view()")

    def x(seconds: float) -> float:
        return float(left + (seconds - from_s) / (to_s - from_s) * width)

    for kind, at in (("mousePressed", 2.0), ("mouseMoved", 2.2), ("mouseMoved", 2.4), ("mouseReleased", 2.4)):
        about = {"button": "left", "buttons": 1, "clickCount": 1}
        browser.ask("Input.dispatchMouseEvent", type=kind, x=x(at), y=top + 40, **about)
    assert browser.value(f"{CHOSEN}.end_s") == pytest.approx(2.4, abs=0.02)
    _key(browser, "z", CTRL)
    assert browser.value(f"{CHOSEN}.end_s") == 2


def test_tab_goes_from_field_to_field(browser: Any, page: Path) -> None:
    """A change does not throw the keyboard out of its row; an emptied field keeps its number."""
    assert page.exists()
    browser.value("(one => { one.focus(); one.select(); })(document.querySelector('[data-field=start_s]'))")
    browser.ask("Input.insertText", text="1.5")
    _key(browser, "Tab")
    assert browser.value("document.activeElement.dataset.field") == "end_s"
    assert browser.value("rows()[0].start_s") == 1.5
    browser.value("document.activeElement.select()")
    _key(browser, "Delete")
    _key(browser, "Tab")
    assert browser.value("rows()[0].end_s") == 2
    assert browser.value("rows().length") == 3


def test_the_work_is_there_after_a_reload(browser: Any, page: Path, calls: Path, tmp_path: Path) -> None:
    """Labels, bounds and removed rows; another page's calls know nothing of it; a call can be started over."""
    for key in ("4", "2", "w", "Delete"):
        _key(browser, key)
    before = browser.value("csv()")
    browser.open(page)
    assert browser.value("csv()") == before
    assert before.count("\n") == 3
    assert "back, in 1 call" in browser.value("document.getElementById('kept').textContent")
    browser.value("document.getElementById('again').click()")
    assert browser.value("labelled(data.calls[0]).length") == 0
    _key(browser, "z", CTRL)
    assert browser.value("csv()") == before
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(calls / "one.wav", other / "one.wav")
    page.write_text(labelling_page(other, call_files(other)), "utf-8")
    browser.open(page)
    assert browser.value("csv().trim()") == "file,start_s,end_s,label,class"


def test_what_the_page_has_no_room_for_is_played_from_its_folder(
    browser: Any, calls: Path, tmp_path: Path
) -> None:
    """The recordings are chosen once; then every call is heard and drawn close up, without a request outside."""
    file = tmp_path / "labels.html"
    file.write_text(labelling_page(calls, call_files(calls), budget=10), "utf-8")
    browser.open(file)
    assert browser.value("document.getElementById('absent').hidden") is False
    assert browser.value("sound.hidden") is True
    root = browser.ask("DOM.getDocument")["root"]["nodeId"]
    chooser = browser.ask("DOM.querySelector", nodeId=root, selector="#folder")["nodeId"]
    browser.ask("DOM.setFileInputFiles", nodeId=chooser, files=[str(calls)])
    browser.wait("document.getElementById('found').textContent === '2 of 2 calls found there.'")
    browser.wait("decoded !== null && sound.readyState >= 1")
    assert browser.value("decoded.lanes.length") == 2
    assert browser.value("sound.src.startsWith('blob:')") is True
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_hostile_name_stays_text(browser: Any, calls: Path, tmp_path: Path) -> None:
    """A file's name, and a class that was kept, are shown as they were written."""
    name = "<img src=x onerror=document.body.dataset.evil=1>.wav"
    folder = tmp_path / "calls"
    folder.mkdir()
    shutil.copy(calls / "one.wav", folder / name)
    file = tmp_path / "labels.html"
    file.write_text(labelling_page(folder, call_files(folder)), "utf-8")
    browser.open(file)
    browser.value(ROWS)
    _key(browser, "3")
    browser.ask("Input.insertText", text="</script><img src=x onerror=document.body.dataset.evil=1>")
    _key(browser, "Enter")
    browser.open(file)
    assert browser.value("rows()[0].class").startswith("</script>")
    assert browser.value("document.getElementById('name').textContent") == name
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert browser.value("document.body.dataset.evil") is None


@pytest.mark.parametrize("width_px", [1280, 390])
def test_it_fits_the_screen(browser: Any, page: Path, width_px: int) -> None:
    """Nothing sticks out of the window; wide tables scroll in their own box."""
    assert page.exists()
    size = {"width": width_px, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.ask("Emulation.setDeviceMetricsOverride", **size)
    assert browser.value("document.documentElement.scrollWidth") <= width_px
    assert browser.complaints == []
