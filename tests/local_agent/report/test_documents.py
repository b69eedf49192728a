"""JSON, JUnit, the table, gates and sound."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import soundfile

from local_agent.errors import UnusableInput
from local_agent.report.audio import ogg, stereo, with_serial, write_audio
from local_agent.report.document import comparison
from local_agent.report.gates import CLASS_PARTS, PARTS, parse_gate
from local_agent.report.junit import junit
from local_agent.report.table import table

if TYPE_CHECKING:
    from local_agent.report.page_data import Run

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "simulation.json"


def test_document_keeps_to_its_schema(good: Run, bad: Run) -> None:
    """The shape is what is written down, and no check is lost."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    for run in (good, bad):
        validator.validate(run.document)
    assert [scenario["passed"] for scenario in bad.document["scenarios"]] == [True, False, False]
    assert list(bad.document) == ["format_version", "type", "profile", "scenarios", "metrics", "by_class"]
    assert bad.document["scenarios"][1]["checks"] == [
        {"expect": "ignore", "got": "barge_in", "passed": False, "at_ms": 3250}
    ]


def test_gates_know_every_number(bad: Run) -> None:
    """Each metric of a document can be gated, and no gate names what is not there."""
    assert set(PARTS) == set(bad.document["metrics"])
    for name, parts in PARTS.items():
        if parts:
            assert set(parts) == set(bad.document["metrics"][name])
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
    ],
)
def test_wrong_gate_says_what_is_wrong(text: str, message: str) -> None:
    """A gate that cannot be held against anything is refused before the run."""
    with pytest.raises(UnusableInput, match=message) as refused:
        parse_gate(text)
    assert refused.value.help


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


def test_table_fits_and_steers_no_terminal(good: Run, bad: Run, evil: Run) -> None:
    """At most 80 columns, failures named, no control character."""
    hostile = {**evil.document, "profile": "\x1b[31mred\u202e" + "x" * 90}
    for text in (table(bad.document), table(comparison([bad.document, good.document])), table(hostile)):
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
