"""What the rules see only when planning: the live assistant, with the profile's leaves laid over it."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.cli.running import run
from vaxctl.profile.load import load
from vaxctl.vendors.compiled import overlay
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.judging import judge, vendor_findings
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from pathlib import Path

    from vaxctl.diagnostics import Diagnostic

HEAD = (
    "schema: vaxctl/v1\nname: case\ntargets: {vapi: {assistant_id: 5ca1ab1e-0000-4000-8000-00000000000N}}\n"
)
FLUX_RULE = "vapi-smart-endpointing-disables-turn-ends"


def seeded(which: str) -> dict[str, Any]:
    """Return an assistant of a fresh sandbox: `nova` (numWords 2, a reminder of its own) or `flux`."""
    text = resources.files("vaxctl.sandbox").joinpath("seed.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)[f"assistant_{which}"]
    return content


def planned(body: str, which: str, folder: Path, **changes: Any) -> list[Diagnostic]:
    """Return the findings about a profile laid over a seeded assistant; offline there are none."""
    path = folder / "case.yaml"
    path.write_text(HEAD + body, encoding="utf-8")
    compiled = compile_for(load(path), vendor("vapi"))
    assert vendor_findings(compiled) == []
    return vendor_findings(compiled, {"assistant": overlay({**seeded(which), **changes}, compiled.leaves)})


def test_smart_endpointing_over_a_recogniser_the_profile_does_not_name(tmp_path: Path) -> None:
    """A semantic mode brings LiveKit's plan, and the assistant turns out to be on Flux."""
    (found,) = planned("endpointing: {mode: semantic, delay_ms: 500}", "flux", tmp_path)
    assert (found.rule, found.location.line) == (FLUX_RULE, 4)
    assert found.source_line == "endpointing: {mode: semantic, delay_ms: 500}"
    assert "stt" in (found.help or "")


def test_nothing_is_said_of_what_the_profile_does_not_touch(tmp_path: Path) -> None:
    """Somebody else's plan over somebody else's Flux is theirs; naming the recogniser makes it ours, and clears it."""
    theirs = {"startSpeakingPlan": {"smartEndpointingPlan": {"provider": "livekit"}}}
    assert planned("barge_in: {enabled: true}", "flux", tmp_path, **theirs) == []
    named = "stt: {provider: deepgram, model: flux-general-en}\n"
    assert [f.rule for f in planned(named, "flux", tmp_path, **theirs)] == [FLUX_RULE]
    assert planned(f"{named}endpointing: {{mode: semantic}}", "flux", tmp_path, **theirs) == []


def test_words_in_the_dashboard_keep_the_voice_from_counting(tmp_path: Path) -> None:
    """NumWords is 2 on the live assistant; owning the switch puts it right."""
    (found,) = planned("vad: {min_speech_ms: 200}", "nova", tmp_path)
    assert (found.rule, found.location.line) == ("vapi-voice-seconds-ignored", 4)
    assert planned("vad: {min_speech_ms: 200}\nbarge_in: {min_words: 0}", "nova", tmp_path) == []


def test_a_second_reminder(tmp_path: Path) -> None:
    """The live assistant asks silent callers already."""
    (found,) = planned("silence: {reminder_after_ms: 8000}", "nova", tmp_path)
    assert found.rule == "vapi-reminder-twice"
    assert "are-you-there" in found.message
    assert planned("silence: {hang_up_after_ms: 30000}", "nova", tmp_path) == []
    assert planned("silence: {reminder_after_ms: 8000}", "flux", tmp_path) == []


def test_an_eager_threshold_in_the_dashboard(tmp_path: Path) -> None:
    """It is judged as soon as the profile owns part of the recogniser, and not before."""
    live = {**seeded("flux")["transcriber"], "eagerEotThreshold": 0.8}
    named = "stt: {provider: deepgram, model: flux-general-en}"
    (found,) = planned(named, "flux", tmp_path, transcriber=live)
    assert (found.rule, found.location.line) == ("vapi-flux-thresholds", 4)
    assert planned("barge_in: {enabled: true}", "flux", tmp_path, transcriber=live) == []


def test_a_name_is_refused_once(tmp_path: Path) -> None:
    """The rule with the page, not the bare limit beside it; other limits stay, and both forbid going on."""
    path = tmp_path / "case.yaml"
    more = (
        f", name: {'x' * 41}, overrides: {{startSpeakingPlan: {{waitSeconds: 0.1}}, maxDurationSeconds: 1}}"
    )
    path.write_text(HEAD.replace("}}", f"{more}}}}}"), encoding="utf-8")
    found = judge(load(path)).findings
    assert [(f.rule, f.invalid) for f in found] == [("vapi-name-too-long", True), ("vendor-limit", True)]


def test_plan_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the command line the warning is on stderr, with what to do."""
    monkeypatch.chdir(tmp_path)
    text = HEAD.replace("00N", "002") + "endpointing: {mode: semantic}\n"
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    assert run(["validate", "case.yaml"]) == 0
    assert FLUX_RULE not in capsys.readouterr().err
    assert run(["plan", "case.yaml", "--sandbox"]) == 0
    said = capsys.readouterr().err
    assert f"[{FLUX_RULE}]" in said
    assert "name the recogniser under stt" in said


@pytest.mark.parametrize(
    ("excuse", "settings"),
    [
        (f"  # vaxctl: allow {FLUX_RULE} -- compared", ""),
        ("", f'[rules]\n"{FLUX_RULE}" = "off"\n'),
    ],
)
def test_plan_can_be_quiet(
    excuse: str,
    settings: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An excuse in the profile and a severity in vaxctl.toml count at planning; offline the excuse is not unused."""
    monkeypatch.chdir(tmp_path)
    text = HEAD.replace("00N", "002") + f"endpointing: {{mode: semantic}}{excuse}\n"
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "vaxctl.toml").write_text(settings, encoding="utf-8")
    assert run(["validate", "case.yaml", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["diagnostics"] == []
    assert run(["plan", "case.yaml", "--sandbox"]) == 0
    assert "warning" not in capsys.readouterr().err
