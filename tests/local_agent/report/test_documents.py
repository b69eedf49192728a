"""JSON, JUnit, the table, gates and sound."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from local_agent.errors import UnusableInput
from local_agent.report.audio import ogg, stereo, with_serial, write_audio
from local_agent.report.document import comparison, labels
from local_agent.report.gates import CLASS_PARTS, PARTS, parse_gate
from local_agent.report.junit import junit
from local_agent.report.page_data import Run, page_data
from local_agent.report.table import table

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "simulation.json"


def test_document_keeps_to_its_schema(good: Run, bad: Run, judged: Run, pulled: Run) -> None:
    """The shape is what is written down, and no check is lost."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    for run in (good, bad, judged, pulled):
        validator.validate(run.document)
    assert [scenario["passed"] for scenario in bad.document["scenarios"]] == [True, False, False]
    assert list(bad.document) == ["format_version", "type", "profile", "scenarios", "metrics", "by_class"]
    assert bad.document["scenarios"][1]["checks"] == [
        {"expect": "ignore", "got": "barge_in", "passed": False, "at_ms": 3250}
    ]


def test_gates_know_every_number(bad: Run, judged: Run) -> None:
    """Each metric of a document can be gated, and no gate names what is not there."""
    told = judged.document["metrics"]
    kept = told.pop("context_preservation")
    assert kept.pop("left_to_people") is None
    told |= {f"context_preservation.{aspect}": rate for aspect, rate in kept.items()}
    assert set(PARTS) == set(told)
    for name, parts in PARTS.items():
        if parts:
            assert set(parts) == set(told[name])
    assert set(CLASS_PARTS) == set(bad.document["by_class"]["sneeze"])


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("false_barge_in_rate<=0.032", False),
        ("false_barge_in_rate <= 50%", True),
        ("barge_in_stop_ms.p90<=240", True),
        ("barge_in_stop_ms.p90<240", False),
        ("by_class.sneeze.false_barge_in_rate>=1", True),
        ("by_class.dog-bark.false_barge_in_rate<=1", False),
        ("talk_over_s>0", True),
        ("context_preservation.thread>=0.5", False),
    ],
)
def test_gate_holds_or_not(bad: Run, text: str, passed: bool) -> None:  # noqa: FBT001 - a case
    """Bounds hold at the bound itself only with `=`; what was not measured fails."""
    assert parse_gate(text).held_against(bad.document)["passed"] is passed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("false_barge_in_rate=0.1", "is no gate"),
        ("false_barge_in_rate<=-1", "is no gate"),
        ("nonsense<=1", "there is no metric 'nonsense'"),
        ("barge_in_stop_ms<=240", "does not name a number"),
        ("by_class.sneeze<=1", "lacks its metric"),
        ("context_preservation>=1", "there is no metric 'context_preservation'"),
        ("context_preservation.thread.p50>=1", "does not name a number"),
    ],
)
def test_wrong_gate_says_what_is_wrong(text: str, message: str) -> None:
    """A gate that cannot be held against anything is refused before the run."""
    with pytest.raises(UnusableInput, match=message) as refused:
        parse_gate(text)
    assert refused.value.help


def test_context_is_counted_or_left_to_people(judged: Run, pulled: Run) -> None:
    """Each part of what could be judged is a rate; without a script all three are null, with the reason."""
    kept = judged.document["metrics"]["context_preservation"]
    assert (kept["addressed"]["value"], kept["thread"]["value"], kept["nothing_repeated"]["n"]) == (1, 0, 1)
    assert kept["left_to_people"] is None
    assert parse_gate("context_preservation.addressed>=1").held_against(judged.document)["passed"]
    left = pulled.document["metrics"]["context_preservation"]
    assert (left["addressed"], left["thread"], left["nothing_repeated"]) == (None, None, None)
    assert "no script" in left["left_to_people"]
    assert not parse_gate("context_preservation.addressed>=0").held_against(pulled.document)["passed"]


def test_each_interruption_is_told(judged: Run) -> None:
    """The state object stands in the document: what was heard, what was said over it, what came of it."""
    (one,) = judged.document["scenarios"][0]["interruptions"]
    assert one["delivered_text"] == "Right now we have three plans,"
    assert (one["interruption_class"], one["meant"], one["at_ms"]) == ("clarifying", "redirecting", 4050)
    assert one["replies"] == ["Of course. The middle one is three hundred a month."]


def test_what_a_run_rests_on_is_told_everywhere(judged: Run, pulled: Run) -> None:
    """Seed, words, model, what was assumed and emulated: in the document, the table and the XML."""
    assert judged.document["run"]["seed"] == 7
    assert judged.document["run"]["reproducible"]
    assert "seed 7" in table(judged.document)
    told = pulled.document
    assert not told["run"]["reproducible"]
    assert told["run"]["responder"]["note"] == "latency measured, not reproducible"
    assumed = "assumed, as the pulled file does not hold it: vad.threshold, endpointing.delay_ms"
    held = 'told by the platform, but not held by a profile: agent responsiveness: 1; agent stt_mode: "fast"'
    note = "note: endpointing: by silence alone"
    for line in (
        "responder: openai tiny",
        "pulled from retell agent_1",
        assumed,
        held,
        note,
        "left to people",
    ):
        assert line in " ".join(table(told).split())
        assert f"pulled: {line}" in " ".join(table(comparison([told, told | {"profile": "x"}])).split()) or (
            line in {"responder: openai tiny", "left to people"}
        )
    found = {
        one.get("name"): one.get("value")
        for one in ET.fromstring(junit(told)).findall("./testsuite/properties/property")  # noqa: S314 - our own text
    }
    assert found["assumed, as the pulled file does not hold it"] == "vad.threshold, endpointing.delay_ms"
    assert found["told by the platform, but not held by a profile"].startswith("agent responsiveness: 1; ")
    assert found["notes"] == "endpointing: by silence alone"
    assert told["run"]["notes"] == ["endpointing: by silence alone"]
    assert found["emulated"] == "noise_suppression.engine platform by rnnoise"
    assert found["pulled from"] == "retell agent_1"


def test_runs_of_one_name_are_told_apart(pulled: Run, good: Run) -> None:
    """A profile beside itself: the columns, the suites and the page's runs are numbered; others are not."""
    both = comparison([pulled.document, pulled.document])
    assert table(both).splitlines()[0].split() == ["1:", "pulled", "2:", "pulled"]
    suites = {one.get("name", "").split(":")[0] for one in ET.fromstring(junit(both))}  # noqa: S314 - our own text
    assert suites == {"1", "2"}
    assert [run["profile"] for run in page_data([pulled, pulled])["runs"]] == ["1: pulled", "2: pulled"]
    assert labels([pulled.document, good.document]) == ["pulled", "calm"]


@pytest.mark.parametrize(("rate_hz", "length_s"), [(8000, 9), (8000, 61.7), (16_000, 9.003), (16_000, 130)])
def test_a_sample_is_drawn_at_its_time(good: Run, rate_hz: int, length_s: float) -> None:
    """An impulse near the end lies in the bin that spans its time, whatever rate and length are."""
    length = round(rate_hz * length_s)
    caller = np.zeros(length, np.float32)
    caller[impulse := length - rate_hz // 3] = 1
    record = replace(good.records[0], caller=caller, agent=np.zeros_like(caller), sample_rate_hz=rate_hz)
    run = Run(good.document, (record, *good.records[1:]), good.metrics)
    (call, *_), lane = page_data([run])["runs"][0]["calls"], "caller"
    highest = np.frombuffer(base64.b64decode(call[lane]), np.int8)[1::2]
    begins_ms, at_ms = int(highest.argmax()) * call["bin_ms"], impulse * 1000 / rate_hz
    assert begins_ms <= at_ms < begins_ms + call["bin_ms"]
    assert 0 <= len(highest) * call["bin_ms"] - length_s * 1000 < call["bin_ms"]


def test_junit_adds_up(good: Run, bad: Run, pulled: Run) -> None:
    """As the readers of JUnit XML want it: a suite's counts are its cases', the whole's are the suites'."""
    gates = [{"gate": "talk_over_s<1", "got": None, "passed": False}]
    for told in (
        bad.document | {"gates": gates},
        comparison([bad.document, good.document]),
        pulled.document,
    ):
        root = ET.fromstring(junit(told))  # noqa: S314 - our own text
        assert root.tag == "testsuites"
        assert {suite.tag for suite in root} == {"testsuite"}
        for suite in root:
            kinds = [child.tag for child in suite]
            assert kinds == sorted(kinds, key=("properties", "testcase").index)
            cases = suite.findall("testcase")
            assert int(suite.get("tests", "")) == len(cases) > 0
            assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
            assert (suite.get("errors"), suite.get("skipped")) == ("0", "0")
            assert len({case.get("name") for case in cases}) == len(cases)
            assert all(case.get("classname") == suite.get("name") for case in cases)
        for count in ("tests", "failures"):
            assert int(root.get(count, "")) == sum(int(suite.get(count, "")) for suite in root)


def test_junit_counts_failures_and_survives_hostile_names(bad: Run, evil: Run) -> None:
    """A case for each check; quotes, markup and control characters do not break the XML."""
    root = ET.fromstring(junit(bad.document))  # noqa: S314 - our own text
    assert (root.get("tests"), root.get("failures")) == ("4", "3")
    assert (
        root.findall("./testsuite/testcase/failure")[0].get("message")
        == "expected ignore, got barge_in at 3250 ms"
    )
    hostile = {**evil.document, "profile": 'a\x00"<&\ud800'}
    assert ET.fromstring(junit(hostile).encode("utf-8"))[0].get("name", "").startswith('a\ufffd"<&\ufffd')  # noqa: S314


def test_table_fits_and_steers_no_terminal(good: Run, bad: Run, evil: Run, pulled: Run) -> None:
    """At most 80 columns, failures named, no control character."""
    hostile = {**evil.document, "profile": "\x1b[31mred\u202e" + "x" * 90}
    many = pulled.document | {
        "assumed": [f"barge_in.{letter * 30}" for letter in "abcdef"],
        "pulled_from": "a" * 200,
    }
    documents = (bad.document, comparison([bad.document, good.document]), hostile, many)
    documents += (comparison([many, pulled.document]),)
    for text in map(table, documents):
        assert max(map(len, text.splitlines())) <= 80
        assert "\x1b" not in text
    assert "expected ignore, got barge_in" in table(bad.document)
    assert "FAIL / pass" in table(comparison([bad.document, good.document]))


def test_sound_is_the_call_and_always_the_same(bad: Run, tmp_path: Path) -> None:
    """Stereo in the call's length; the Ogg is valid under its own serial number, byte for byte."""
    record = bad.records[0]
    data = ogg(record)
    assert data == ogg(record)
    assert with_serial(data, 1) != data
    assert with_serial(with_serial(data, 1), 0x76617863) == data
    (tmp_path / "a.ogg").write_bytes(data)
    assert soundfile.info(tmp_path / "a.ogg").frames == pytest.approx(len(record.caller), abs=700)
    write_audio(record, tmp_path / "a.wav")
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == record.sample_rate_hz
    assert abs(samples - stereo(record)).max() < 1e-4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ogg", "a.wav"]
