"""Labels of recorded calls: what they make, and a file and a line for whatever is wrong with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.scenarios.reading import ScenarioUnusable
from local_agent.tuning.listening.calls import call_files, labels_file, trials_of_calls
from local_agent.tuning.listening.composing import lane
from local_agent.tuning.listening.labels import read_lines

HEADER = "file,start_s,end_s,label,class\n"
GOOD = HEADER + "one.wav,2.0,4.0,turn,\none.wav,6.0,6.5,noise,sneeze\ntwo.wav,2,4,barge_in,\n"


@pytest.fixture
def folder(calls: Path, tmp_path: Path) -> Path:
    """Return a copy of the calls with good labels."""
    mine = Path(shutil.copytree(calls, tmp_path / "calls"))
    (mine / "labels.csv").write_text(GOOD, encoding="utf-8")
    return mine


def _findings(folder: Path, text: str, name: str = "labels.csv") -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioUnusable) as stopped:
        trials_of_calls(folder, seed=1, labels=folder / name)
    return [str(one).replace(str(folder) + "/", "") for one in stopped.value.findings]


def test_labels_become_trials(folder: Path) -> None:
    """Turn, noise and barge-in; the group is the call, the class the label's."""
    told = [
        (t.name, t.situation, t.sound_class, t.meaningful, t.group) for t in trials_of_calls(folder, seed=1)
    ]
    assert told == [
        ("one.wav@2.000", "caller_turn", "turn", True, "one.wav"),
        ("one.wav@6.000", "over_agent", "sneeze", False, "one.wav"),
        ("two.wav@2.000", "over_agent", "speech", True, "two.wav"),
    ]


def test_lanes_hold_the_callers_side(folder: Path) -> None:
    """The labelled sound at its place, none of the agent's, in noise as faint as the call's own."""
    for trial in trials_of_calls(folder, seed=1):
        samples = lane(trial, 16_000)
        assert 20 * np.log10(np.std(samples[:6000])) == pytest.approx(-63, abs=3)
        inside = samples[round(trial.onset_s * 16_000) : round(trial.end_s * 16_000)]
        assert 20 * np.log10(np.std(inside)) > -30
        assert np.std(samples[round((trial.end_s + 0.4) * 16_000) :]) < 2e-3
        assert trial.bed_dbfs == pytest.approx(-64, abs=1)  # as a telephone hears white noise at -60
        assert trial.duration_s >= trial.end_s + 4.0


def test_json_lines_say_the_same(folder: Path) -> None:
    """Either format gives the same trials."""
    first = trials_of_calls(folder, seed=1)
    rows = [
        {"file": "one.wav", "start_s": 2.0, "end_s": 4.0, "label": "turn"},
        {"file": "one.wav", "start_s": 6.0, "end_s": 6.5, "label": "noise", "class": "sneeze"},
        {"file": "two.wav", "start_s": 2, "end_s": 4, "label": "barge_in"},
    ]
    (folder / "labels.csv").unlink()
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    assert trials_of_calls(folder, seed=1) == first


def test_spreadsheets_are_read(folder: Path) -> None:
    """A byte order mark, CRLF, quotes, empty lines, spaces, columns in another order and without a class."""
    text = '\ufefflabel,file, start_s,end_s\r\n\r\nturn,"one.wav", 2.0,4.0\r\n,,,\r\n'
    (folder / "labels.csv").write_bytes(text.encode())
    assert [t.name for t in trials_of_calls(folder, seed=1)] == ["one.wav@2.000"]


def test_neighbours_stay_out_of_a_lane(folder: Path) -> None:
    """What another label spans is in no lane but its own, even right beside it."""
    (folder / "labels.csv").write_text(
        HEADER + "one.wav,2.0,3.0,barge_in,\none.wav,3.0,4.0,noise,x\n", encoding="utf-8"
    )
    first, second = trials_of_calls(folder, seed=1)
    assert (first.pieces[0].from_s, first.pieces[0].to_s) == (1.7, 3.0)
    assert (second.pieces[0].from_s, second.pieces[0].to_s) == (3.0, 4.3)


@pytest.mark.parametrize(
    ("rows", "place", "message"),
    [
        ("one.wav,2,4,turn,\none.wav,3,5,noise,x", "labels.csv:3:1", "overlaps line 2, which ends at 4 s"),
        ("one.wav,6,7,turn,\none.wav,2,4,turn,", "labels.csv:3:1", "2 s comes before line 2"),
        ("one.wav,8,10.5,turn,", "labels.csv:2:1", "8..10.5 s is outside one.wav (10.000 s)"),
        ("gone.wav,1,2,turn,", "labels.csv:2:1", "gone.wav: no such file"),
        ("../one.wav,1,2,turn,", "labels.csv:2:1", "is outside"),
        ("one.wav,4,2,turn,", "labels.csv:2:1", "ends before it starts"),
        ("one.wav,2,2,turn,", "labels.csv:2:1", "ends before it starts"),
        ("one.wav,2,4,speech,", "labels.csv:2:1", "`label`"),
        ("one.wav,2,4,noise,", "labels.csv:2:1", "a noise needs its class"),
        ("one.wav,two,4,turn,", "labels.csv:2:1", "`start_s`"),
        ("one.wav,-1,4,turn,", "labels.csv:2:1", "`start_s`"),
        ("one.wav,nan,4,turn,", "labels.csv:2:1", "`start_s`"),
        ("one.wav,2,4", "labels.csv:2:1", "3 values under 5 columns"),
        ("one.wav,2,0,4,0,turn,", "labels.csv:2:1", "7 values under 5 columns"),
        (",2,4,turn,", "labels.csv:2:1", "`file`"),
    ],
)
def test_bad_labels_have_a_line(folder: Path, rows: str, place: str, message: str) -> None:
    """Each with what is wrong, in the words of the format."""
    (finding,) = _findings(folder, HEADER + rows + "\n")
    assert finding.startswith(f"{place}: error: ")
    assert message in finding


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file;start_s;end_s;label\none.wav;1;2;turn\n", "separated by semicolons"),
        ("file,from,to,label\none.wav,1,2,turn\n", "the first line is not file,start_s,end_s,label"),
        ("file,file,start_s,end_s,label\n", "the first line is not"),
        (HEADER + 'one.wav,1,2,"turn\n', "no CSV"),
    ],
)
def test_what_is_no_table_is_said(folder: Path, text: str, message: str) -> None:
    """Other columns, other separators, quotes that never close."""
    (finding,) = _findings(folder, text)
    assert message in finding


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", "no JSON object"),
        ("{", "no JSON object"),
        ('{"file":"one.wav","start_s":1,"end_s":2,"label":"turn","speaker":"x"}', "unknown key `speaker`"),
        ('{"file":"one.wav","start_s":1,"label":"turn"}', "`end_s` is missing"),
    ],
)
def test_bad_json_lines_have_a_line(folder: Path, line: str, message: str) -> None:
    """Counted with the empty ones."""
    (finding,) = _findings(folder, "\n" + line + "\n", "labels.jsonl")
    assert finding.startswith("labels.jsonl:2:1: error: ")
    assert message in finding


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            "one.wav,1:23.5,90,turn,",
            '`start_s`: "1:23.5" is no number of seconds\n  help: minutes and seconds are told in',
        ),
        (
            'one.wav,"2,0",4,turn,',
            '`start_s`: "2,0" is no number of seconds\n  help: seconds have a decimal point',
        ),
        (
            "one.wav,2,4,bargein,",
            '`label`: "bargein" is none of barge_in, backchannel, noise, turn\n  help: did you mean barge_in?',
        ),
        ("one.wav,2,4,speech,", "help: docs/tune-labels.md tells which is which"),
        ("one.wav,2,inf,turn,", '`end_s`: input should be a finite number: "inf"'),
        (
            "two.wav,2,3,turn,\ntwo.wav,4,5,turn,\ntwo.wav,2,3,turn,",
            "labels.csv:4:1: error: the same label as line 2\n  help: remove",
        ),
        ("/etc/hostname,2,4,turn,", "/etc/hostname: is outside"),
        ("gone.wav,2,4,speech,", "gone.wav: no such file"),
    ],
)
def test_findings_say_what_to_do(folder: Path, rows: str, said: str) -> None:
    """What stands there, and what should; a file is looked for though its label is wrong."""
    assert any(said in finding for finding in _findings(folder, HEADER + rows + "\n"))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("file\tstart_s\tend_s\tlabel", "separated by tabs"),
        ("file|start_s|end_s|label", "separated by bars"),
        ("file,from,end_s,label", "missing: start_s; unknown: from"),
        ("file,start_s,end_s,label,label", "each column once"),
    ],
)
def test_a_header_that_is_none_says_what_is_wrong(folder: Path, header: str, said: str) -> None:
    """The separator, or the names."""
    (finding,) = _findings(folder, header + "\n")
    assert said in finding


def test_damaged_calls_are_told_together(folder: Path) -> None:
    """Each is read to its end before anything is heard, and beside what is wrong with its labels."""
    import soundfile

    samples, rate = soundfile.read(folder / "one.wav")
    for name in ("cut.flac", "also cut.flac"):
        soundfile.write(folder / name, samples, rate)
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
    found = _findings(folder, HEADER + "cut.flac,1,2,turn,\nalso cut.flac,1,99,turn,\none.wav,4,2,turn,\n")
    assert [finding.split(": error: ")[0] for finding in found] == [f"labels.csv:{n}:1" for n in (2, 3, 3, 4)]
    assert sum(".flac: " in finding and "is outside" not in finding for finding in found) == 2


def test_links_out_of_the_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    """By labels, and by the labelling page, which would show what they lead to; inside the folder they are followed."""
    (folder / "one.wav").rename(tmp_path / "elsewhere.wav")
    (folder / "one.wav").symlink_to(tmp_path / "elsewhere.wav")
    (finding,) = _findings(folder, GOOD)
    assert f"one.wav: is a link that leads out of {folder.name}\n  help: copy it in" in finding.replace(
        f"{folder.parent}/", ""
    )
    with pytest.raises(UnusableInput, match="is a link that leads out"):
        call_files(folder)
    (tmp_path / "elsewhere.wav").rename(folder / "real.wav")
    (folder / "one.wav").unlink()
    (folder / "one.wav").symlink_to("real.wav")
    assert len(trials_of_calls(folder, seed=1)) == 3
    assert len(call_files(folder)) == 3


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT", "ULAW"])
def test_other_forms_of_wav_are_heard(folder: Path, subtype: str) -> None:
    """As recorders write them; the names may be of any script."""
    import soundfile

    samples, rate = soundfile.read(folder / "one.wav")
    soundfile.write(folder / "Ánna's call ☎.wav", samples, rate, subtype=subtype)
    (folder / "labels.csv").write_text(HEADER + "Ánna's call ☎.wav,2.0,4.0,turn,\n", "utf-8")
    (trial,) = trials_of_calls(folder, seed=1)
    assert np.std(lane(trial, 16_000)) > 0.01


def test_all_findings_come_at_once(folder: Path) -> None:
    """One run tells everything, sorted by line."""
    text = HEADER + "one.wav,4,2,turn,\ntwo.wav,8,11,turn,\ngone.wav,1,2,turn,\n"
    assert [finding.split(":")[1] for finding in _findings(folder, text)] == ["2", "3", "4"]


def test_a_call_that_is_no_audio_is_a_finding(folder: Path) -> None:
    """At the first label that needs it."""
    (folder / "one.wav").write_bytes(b"no audio at all")
    (finding,) = _findings(folder, GOOD)
    assert finding.startswith("labels.csv:2:1: error: one.wav: ")


def test_no_labels_say_how_to_make_them(calls: Path, tmp_path: Path) -> None:
    """No file, an empty one, two of them, one that is not there or no text."""
    with pytest.raises(UnusableInput, match="have no labels") as refused:
        labels_file(calls)
    assert "vaxctl corpus label " in (refused.value.help or "")
    (tmp_path / "labels.csv").write_text(HEADER)
    with pytest.raises(UnusableInput, match="holds no labels"):
        trials_of_calls(tmp_path, seed=1)
    (tmp_path / "labels.jsonl").write_text("")
    with pytest.raises(UnusableInput, match=r"labels\.csv and labels\.jsonl"):
        labels_file(tmp_path)
    with pytest.raises(UnusableInput, match="cannot be read"):
        read_lines(tmp_path / "gone.csv")
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnusableInput, match="not UTF-8"):
        read_lines(tmp_path / "labels.csv")


def test_calls_are_found_at_any_depth(calls: Path, tmp_path: Path) -> None:
    """Sorted, recordings alone."""
    (tmp_path / "deep").mkdir()
    for name in ("b.wav", "deep/a.FLAC", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in call_files(tmp_path)] == ["b.wav", "a.FLAC"]
    with pytest.raises(UnusableInput, match="no recorded calls"):
        call_files(tmp_path / "nothing")
