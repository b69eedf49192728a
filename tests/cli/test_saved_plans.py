"""Saved plans and hints: a file is what will be done, or is left alone; what is printed can be copied."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

RETELL_ID = "agent_5ca1ab1e0000000000000001"
VAPI_ID = "5ca1ab1e-0000-4000-8000-000000000001"
UPDATE_VAPI = f"/vapi/assistant/{VAPI_ID}"
GO = ["--sandbox", "--target", "vapi"]


def _edited(document: dict[str, Any], how: str) -> dict[str, Any]:
    resource = document["resources"][0]
    if how == "action":
        resource["action"] = "none"
    elif how == "changes":
        resource["changes"] = resource["changes"][1:]
    else:
        document["resources"] = []
    return document


@pytest.mark.parametrize("how", ["action", "changes", "resources"])
def test_an_edited_plan_is_refused(cli: Any, profile: Path, how: str) -> None:
    """What was reviewed is what is done: a file that tells something else is stale."""
    assert cli("plan", profile, *GO, "--out", "plan.json").code == 0
    document = json.loads(Path("plan.json").read_text("utf-8"))
    Path("plan.json").write_text(json.dumps(_edited(document, how)), "utf-8")
    ran = cli("apply", profile, *GO, "--plan", "plan.json")
    assert ran.code == 5
    assert "the file was edited" in " ".join(ran.out.split())


def test_a_plan_without_changes_does_not_publish(cli: Any, profile: Path) -> None:
    """The policy moved to publish after the plan was saved: the profile changed, and nothing is published."""
    go = ["--sandbox", "--target", "retell"]
    assert cli("apply", profile, *go, "--auto-approve").code == 0
    assert cli("plan", profile, *go, "--out", "plan.json").code == 0
    text = profile.read_text("utf-8").replace(
        f"agent_id: {RETELL_ID}", f"agent_id: {RETELL_ID}, publish: publish"
    )
    profile.write_text(text, "utf-8")
    ran = cli("apply", profile, *go, "--plan", "plan.json")
    assert ran.code == 5
    assert "the profile changed since the plan was saved" in " ".join(ran.out.split())


def test_what_is_stale_is_left_alone_and_the_rest_applied(cli: Any, profile: Path, dashboard: Any) -> None:
    """One agent moved: 7, as the other was applied; and it is told who moved."""
    assert cli("plan", profile, "--sandbox", "--out", "plan.json").code == 0
    dashboard(UPDATE_VAPI, {"firstMessage": "Hello, changed."})
    ran = cli("apply", profile, "--sandbox", "--plan", "plan.json")
    assert ran.code == 7
    assert "the agent changed since the plan was saved" in " ".join(ran.out.split())


def test_out_overwrites_plans_and_nothing_else(cli: Any, profile: Path) -> None:
    """A slip of the shell's completion does not cost a profile."""
    before = profile.read_bytes()
    assert cli("plan", profile, *GO, "--out", profile).code == 3
    assert profile.read_bytes() == before
    for _ in range(2):
        assert cli("plan", profile, *GO, "--out", "plan.json").code == 0


def test_the_hint_after_drift_can_be_copied(cli: Any, profile: Path, dashboard: Any) -> None:
    """The printed command, as it stands, carries the plan out; drift tells the direction in which things moved."""
    assert cli("apply", profile, *GO, "--auto-approve").code == 0
    dashboard(UPDATE_VAPI, {"stopSpeakingPlan": {"numWords": 0, "voiceSeconds": 0.2, "backoffSeconds": 3}})
    told = cli("drift", profile, *GO)
    assert "stopSpeakingPlan.backoffSeconds: last applied 0.5, now 3" in told.out
    assert "After apply" not in told.out
    hint = cli("plan", profile, *GO).err.splitlines()[-1]
    words = shlex.split(hint[hint.index("vaxctl apply") :])
    assert words[-2] == "--overwrite"
    assert words[-1] in told.err
    assert cli(*words[1:], "--auto-approve").code == 0


def test_a_damaged_marker_is_not_called_no_drift(cli: Any, profile: Path, dashboard: Any) -> None:
    """Without a baseline nobody can tell; where something differs as well the exit code says so."""
    assert cli("apply", profile, *GO, "--auto-approve").code == 0
    dashboard(UPDATE_VAPI, {"metadata": {"vaxctl": "oops"}, "stopSpeakingPlan": {"numWords": 3}})
    ran = cli("drift", profile, *GO)
    assert ran.code == 2
    assert "nobody changed" not in ran.out
    assert "marker" in ran.out


def test_a_create_plan_shows_what_it_starts_from(cli: Any, profile: Path) -> None:
    """Top-level keys, long texts folded, secrets left out; in the document too."""
    prompt = "You are Nova. " * 20
    create = {
        "model": {
            "provider": "openai",
            "model": "gpt-4o",
            "messages": [{"role": "system", "content": prompt}],
        },
        "server": {"url": "https://ours.example/hook?token=$HOOK_TOKEN"},
    }
    text = profile.read_text("utf-8").split("targets:")[0]
    text += f"targets: {{vapi: {{name: fresh, create: {json.dumps(create)}}}}}\n"
    profile.write_text(text, "utf-8")
    ran = cli("plan", profile, "--sandbox")
    assert "= model: " in ran.out
    assert "(280 characters)" in " ".join(ran.out.split())
    document = cli("plan", profile, "--sandbox", "--json")
    assert set(document.json["targets"][0]["starts_from"]) == {"model", "server"}
    assert "HOOK_TOKEN" not in ran.out + document.out
