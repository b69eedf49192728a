"""Planted secrets come out nowhere: not on stdout, not on stderr, not in a saved plan, not in a journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

VAPI_ID = "5ca1ab1e-0000-4000-8000-000000000001"
KEY = "key_5ec2e7deadbeef00112233445566"
LIVE = "Zq81-live-header-Xw93"
COMMANDS: list[list[str]] = [
    ["plan", "profile.yaml"],
    ["plan", "profile.yaml", "--json", "--out", "plan.json"],
    ["plan", "profile.yaml", "-v"],
    ["apply", "profile.yaml", "--auto-approve", "--json"],
    ["apply", "profile.yaml", "--auto-approve"],
    ["drift", "profile.yaml"],
    ["drift", "profile.yaml", "--json"],
    ["pull", "--target", "vapi", "--id", VAPI_ID],
    ["pull", "--target", "vapi", "--id", VAPI_ID, "--json"],
    ["pull", "--target", "vapi", "--id", VAPI_ID, "--out", "pulled.yaml"],
]
TOOL = {
    "type": "apiRequest",
    "url": "https://crm.example.com",
    "method": "POST",
    "headers": {
        "type": "object",
        "properties": {"Authorization": {"type": "string", "value": f"Bearer {LIVE}"}},
    },
}


def _written(folder: Path, *, but: str) -> bytes:
    return b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.startswith(but)
    )


def test_key_and_live_headers_stay_hidden(
    cli: Any, profile: Path, folder: Path, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of the environment and a secret in the live object appear in no byte that any command writes."""
    import httpx

    server = {
        "url": "https://crm.example.com",
        "secret": LIVE,
        "headers": {"X-Crm-Key": LIVE, "Authorization": LIVE},
    }
    auth = {"Authorization": "Bearer any"}
    edited = httpx.patch(
        f"{served}/vapi/assistant/{VAPI_ID}", json={"server": server}, headers=auth, trust_env=False
    )
    assert edited.status_code == 200, edited.text
    for vendor in ("retell", "vapi"):
        monkeypatch.setenv(f"VAXCTL_{vendor.upper()}_BASE_URL", f"{served}/{vendor}")
        monkeypatch.setenv(f"{vendor.upper()}_API_KEY", KEY)
    for arguments in COMMANDS:
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
        for secret in (KEY, KEY[4:], LIVE):
            assert secret not in ran.out + ran.err, arguments
    kept = _written(folder, but="served.db")
    assert (folder / "plan.json").exists()
    assert list((folder / ".vaxctl" / "runs").iterdir())
    for secret in (KEY, LIVE):
        assert secret.encode() not in kept


@pytest.mark.parametrize(
    "line",
    [
        f"context_preservation: {{enabled: true, variables: {{api_key: {KEY}}}}}",
        f"context_preservation: {{enabled: true, variables: {{note: {KEY}}}, bogus: 1}}",
        f"vad: {{treshold: {KEY}}}",
        f"{KEY}: 1",
        f"language: {KEY}",
        f"# {KEY}",
        f"extends: [{KEY}.yaml]",
        f"context_preservation: {{enabled: true, template: {KEY}.j2}}",
        f"barge_in: {{ignore_phrases: [{KEY}]}}",
    ],
)
def test_secret_in_a_profile_is_not_repeated(cli: Any, folder: Path, line: str) -> None:
    """A secret in the file stops the run, and no format of any command shows it."""
    text = f"schema: vaxctl/v1\nname: x\n{line}\ntargets: {{vapi: {{assistant_id: {VAPI_ID}}}}}\n"
    Path("bad.yaml").write_text(text, "utf-8")
    runs = [
        ["validate", "bad.yaml", "--format", style]
        for style in ("full", "concise", "json", "github", "sarif")
    ]
    for flag in ([], ["--json"]):
        runs += [["compile", "bad.yaml", "--target", vendor, *flag] for vendor in ("vapi", "retell")]
        runs += [["plan", "bad.yaml", "--sandbox", *flag], ["explain", "bad.yaml", "vad.threshold", *flag]]
        runs += [
            ["explain", "bad.yaml", key, *flag] for key in ("context_preservation.variables", "language")
        ]
        runs += [["apply", "bad.yaml", "--sandbox", "--auto-approve", *flag]]
    for arguments in runs:
        ran = cli(*arguments)
        if arguments[0] != "explain":
            assert ran.code in {3, 4}, (arguments, ran.out)
        assert KEY[:16] not in ran.out + ran.err, arguments
