"""What the rules see only when planning: the live agent and flow, with the profile's leaves laid over them."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from vaxctl.profile.load import load
from vaxctl.vendors.compiled import overlay
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.judging import vendor_findings
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from pathlib import Path

    from vaxctl.diagnostics import Diagnostic

HEAD = "schema: vaxctl/v1\nname: case\n"
TARGET = "targets: {retell: {agent_id: agent_1}}\n"


def planned(body: str, folder: Path, flow: dict[str, Any] | None = None, **changes: Any) -> list[Diagnostic]:
    """Return the findings about a profile laid over the seeded reception agent; offline there are none."""
    text = resources.files("vaxctl.sandbox").joinpath("seed.json").read_text(encoding="utf-8")
    content = json.loads(text)
    path = folder / "case.yaml"
    path.write_text(HEAD + body, encoding="utf-8")
    compiled = compile_for(load(path), vendor("retell"))
    assert vendor_findings(compiled) == []
    agent = overlay({**content["flow_agent"], **changes}, compiled.leaves_of("agent"))
    return vendor_findings(
        compiled, {"agent": agent, "conversation-flow": {**content["flow"], **(flow or {})}}
    )


def test_a_reminder_that_was_switched_off(tmp_path: Path) -> None:
    """The count is 0 in the dashboard."""
    body = f"{TARGET}silence: {{reminder_after_ms: 8000}}"
    (found,) = planned(body, tmp_path, reminder_max_count=0)
    assert (found.rule, found.location.line) == ("retell-reminder-never-comes", 4)
    assert planned(body, tmp_path) == []


def test_a_level_in_a_mode_without_one(tmp_path: Path) -> None:
    """The mode is the live agent's, which the profile does not own."""
    body = "targets: {retell: {agent_id: a, overrides: {agent: {denoising_enhancement_level: 0.9}}}}"
    (found,) = planned(body, tmp_path)
    assert (found.rule, found.location.line) == ("retell-denoise-level-without-mode", 3)
    strong = "noise-and-background-speech-cancellation"
    assert planned(body, tmp_path, denoising_mode=strong) == []


def test_nodes_that_go_their_own_way(tmp_path: Path) -> None:
    """Names the first three of them and counts the rest; the seeded flow's null takes the agent's value."""
    body = f"{TARGET}barge_in: {{enabled: true}}"
    assert planned(body, tmp_path) == []
    nodes = [{"id": f"n{n}", "type": "conversation", "interruption_sensitivity": 0.1 * n} for n in range(5)]
    (found,) = planned(body, tmp_path, flow={"nodes": nodes})
    assert (found.rule, found.location.line) == ("retell-node-overrides-agent", 4)
    assert "'n0', 'n1', 'n2' and 2 more" in found.message
