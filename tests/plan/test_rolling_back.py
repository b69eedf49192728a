"""Undoing a run through the same gates: what it changed comes back, what others changed since is not lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plan_worlds import ASSISTANT_ID

from vaxctl.cli.connecting import open_sandbox
from vaxctl.cli.running import run
from vaxctl.errors import InvalidInput, RefusedAsUnsafe
from vaxctl.plan.rolling_back import find_journal, plan_undo, undo_of
from vaxctl.vendors.live import Live, LiveObject

PROFILE = """\
schema: vaxctl/v1
name: undone
silence: {reminder_after_ms: 12000}
barge_in: {enabled: true, backoff_ms: 700}
context_preservation: {enabled: true}
targets:
  retell: {agent_id: agent_5ca1ab1e0000000000000001}
  vapi: {assistant_id: 5ca1ab1e-0000-4000-8000-000000000001}
"""
APPLY = ["apply", "p.yaml", "--sandbox", "--auto-approve"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with one profile."""
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(PROFILE)
    return tmp_path


def _call(method: str, path: str, body: Any = None) -> Any:
    sandbox = open_sandbox(Path(".vaxctl") / "sandbox.db")
    content = b"" if body is None else json.dumps(body).encode()
    answer = sandbox.handle(method, path, {}, {"authorization": "Bearer k"}, content)
    sandbox.close()
    assert answer[0] < 300, answer
    return json.loads(answer[2])


def _bodies() -> list[dict[str, Any]]:
    """Return assistant, agent and LLM without what a server or a stamp changes."""
    agent = _call("GET", "/retell/get-agent/agent_5ca1ab1e0000000000000001")
    llm = _call("GET", "/retell/get-retell-llm/llm_5ca1ab1e0000000000000001")
    assistant = _call("GET", f"/vapi/assistant/{ASSISTANT_ID}")
    assistant["metadata"] = {k: v for k, v in (assistant.get("metadata") or {}).items() if k != "vaxctl"}
    skip = {"version", "base_version", "is_published", "last_modification_timestamp", "updatedAt"}
    skip |= {"version_description", "response_engine"}
    return [
        {k: v for k, v in body.items() if k not in skip and v is not None} for body in (agent, llm, assistant)
    ]


def _run_name() -> str:
    return max(Path(".vaxctl/runs").iterdir()).stem


def test_a_run_is_undone_and_the_profile_is_ahead_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Both vendors, the prompt's block included, are what they were; nothing about it looks like drift."""
    before = _bodies()
    assert run(APPLY) == 0
    assert _bodies() != before
    capsys.readouterr()
    assert run(["rollback", _run_name(), "--sandbox", "--auto-approve", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {result["outcome"] for result in document["results"]} == {"applied"}
    assert _bodies() == before
    assert run(["drift", "p.yaml", "--sandbox"]) == 0
    assert run(APPLY) == 0


def test_what_somebody_changed_since_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """A later edit at a leaf of the run refuses that target, and only that one."""
    assert run(APPLY) == 0
    name = _run_name()
    _call("PATCH", f"/vapi/assistant/{ASSISTANT_ID}", {"stopSpeakingPlan": {"backoffSeconds": 9}})
    capsys.readouterr()
    assert run(["rollback", name, "--sandbox", "--auto-approve"]) == 7
    told = " ".join(capsys.readouterr().out.split())
    assert "was changed after that run:" in told
    assert "stopSpeakingPlan.backoffSeconds" in told
    assert _bodies()[2]["stopSpeakingPlan"] == {"backoffSeconds": 9}


def test_a_second_rollback_has_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """What stood before already stands there."""
    assert run(APPLY) == 0
    name = _run_name()
    for _ in range(2):
        assert run(["rollback", name, "--sandbox", "--auto-approve"]) == 0
    assert "No changes. 2 agents" in capsys.readouterr().out


def test_nobody_there_to_confirm_is_refused() -> None:
    """Like apply: without a terminal it takes --auto-approve."""
    assert run(APPLY) == 0
    before = _bodies()
    assert run(["rollback", _run_name(), "--sandbox"]) == 6
    assert _bodies() == before


def _journal(path: Path, *events: dict[str, Any]) -> Path:
    lines = [json.dumps(event) for event in ({"event": "begin", "plan": "x"}, *events)]
    path.write_text("\n".join(lines) + "\n")
    return path


def _before(target: str | None, leaves: dict[str, Any]) -> dict[str, Any]:
    return {"event": "before", "vendor": "vapi", "target": target, "kind": "assistant", "leaves": leaves}


def test_what_cannot_be_undone_is_said(tmp_path: Path) -> None:
    """A secret was never written down; what a run made is not deleted."""
    secret = {"server.secret": {"before": {"secret": True}, "after": {"secret": True}}}
    path = _journal(tmp_path / "run.jsonl", _before("a", secret), _before(None, {}))
    known, made = undo_of(path)
    assert known.compiled.leaves == ()
    assert known.notes == ("assistant server.secret stays: a secret's value is never written down",)
    assert made.target.id is None
    assert "is not deleted" in made.notes[0]


def test_a_run_that_made_an_assistant_is_refused(tmp_path: Path) -> None:
    """Exit 6, and nothing is written."""
    path = _journal(tmp_path / "run.jsonl", _before(None, {}))
    assert run(["rollback", str(path), "--sandbox", "--auto-approve"]) == 6


def test_the_torn_last_line_of_a_killed_run_is_passed_over(tmp_path: Path) -> None:
    """The rest of the journal is good."""
    path = _journal(tmp_path / "run.jsonl", _before("a", {}))
    path.write_text(path.read_text() + '{"at": "2026')
    assert [undo.target.id for undo in undo_of(path)] == ["a"]


@pytest.mark.parametrize(
    "text", ["", "[1]", "not json", "not json\n{}", "{}", '{"event": "sending"}', "\x00"]
)
def test_what_is_no_journal_is_said(text: str, tmp_path: Path) -> None:
    """Any other file."""
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="is no journal"):
        undo_of(path)


def test_an_unknown_run_lists_the_last_ones(tmp_path: Path) -> None:
    """By name, with or without its ending, or as a path."""
    with pytest.raises(InvalidInput, match="there is no run other") as none_yet:
        find_journal(tmp_path, "other")
    assert none_yet.value.help == "nothing was applied from this folder"
    folder = tmp_path / ".vaxctl" / "runs"
    folder.mkdir(parents=True)
    path = _journal(folder / "one.jsonl")
    assert (
        find_journal(tmp_path, "one")
        == find_journal(tmp_path, "one.jsonl")
        == find_journal(tmp_path, str(path))
    )
    with pytest.raises(InvalidInput) as missed:
        find_journal(tmp_path, "other")
    assert missed.value.help == "the last ones: one"


def test_a_field_that_takes_no_null_is_left_and_said(tmp_path: Path) -> None:
    """Retell cannot unset this one: better one leaf left than an agent refused half-way."""
    left = {"enable_dynamic_responsiveness": {"before": {"absent": True}, "after": {"value": True}}}
    event = {**_before("agent_1", left), "vendor": "retell", "kind": "agent"}
    (undo,) = undo_of(_journal(tmp_path / "run.jsonl", event))
    assert undo.compiled.leaves == ()
    assert undo.notes == ("agent enable_dynamic_responsiveness stays: retell has no way to unset it",)


def test_an_agent_whose_stamp_was_taken_away_can_still_be_rolled_back(tmp_path: Path) -> None:
    """Without a baseline the values of the run itself tell whether somebody moved."""
    left = {"stopSpeakingPlan.numWords": {"before": {"value": 2}, "after": {"value": 0}}}
    (undo,) = undo_of(_journal(tmp_path / "run.jsonl", _before("a", left)))
    body = {"id": "a", "stopSpeakingPlan": {"numWords": 0}}
    plan = plan_undo(undo, Live(undo.target, {"assistant": LiveObject("assistant", "a", body)}))
    assert plan.desired.trees["assistant"]["stopSpeakingPlan"] == {"numWords": 2}


def test_an_object_that_the_run_made_goes_with_its_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    """`custom_stt_config` was not there: no empty one is sent, and nothing looks like drift afterwards."""
    Path("p.yaml").write_text(PROFILE + "stt: {provider: deepgram, endpointing_ms: 300}\n")
    before = _bodies()
    assert run(APPLY) == 0
    assert "custom_stt_config" in _bodies()[0]
    assert run(["rollback", _run_name(), "--sandbox", "--auto-approve"]) == 0
    assert _bodies() == before
    told = capsys.readouterr().out
    assert ".jsonl" not in told
    assert "goes back to what it was before that run" in told
    assert run(["drift", "p.yaml", "--sandbox"]) == 0


def test_a_body_that_would_be_refused_is_not_half_written(tmp_path: Path) -> None:
    """What the vendor's document requires is checked before the first write."""
    left = {"custom_stt_config.provider": {"before": {"absent": True}, "after": {"value": "deepgram"}}}
    event = {**_before("agent_1", left), "vendor": "retell", "kind": "agent"}
    (undo,) = undo_of(_journal(tmp_path / "run.jsonl", event))
    body = {"agent_id": "agent_1", "custom_stt_config": {"provider": "deepgram", "endpointing_ms": 300}}
    with pytest.raises(RefusedAsUnsafe, match=r"custom_stt_config\.provider is required"):
        plan_undo(undo, Live(undo.target, {"agent": LiveObject("agent", "agent_1", body)}))
