"""Each exit code comes out of a real run, the same with and without `--json`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

RETELL_ID = "agent_5ca1ab1e0000000000000001"
VAPI_ID = "5ca1ab1e-0000-4000-8000-000000000001"
UPDATE_VAPI = f"/vapi/assistant/{VAPI_ID}"

USAGE = [
    ["plan"],
    ["nonsense"],
    ["plan", "profile.yaml", "--nonsense"],
    ["plan", "profile.yaml", "--target"],
    ["plan", "profile.yaml", "--target", "bland"],
    ["plan", "profile.yaml", "--wire", "pigeon", "--sandbox"],
    ["plan", "profile.yaml", "--concurrency", "0"],
    ["plan", "profile.yaml", "--concurrency", "many"],
    ["plan", "profile.yaml", "--sandbox", "--out", "no/such/folder/plan.json"],
    ["apply", "profile.yaml", "--sandbox", "--plan", "absent.json"],
    ["apply", "profile.yaml", "--sandbox", "--plan", "profile.yaml"],
    ["compile", "profile.yaml"],
    ["compile", "profile.yaml", "--target", "bland"],
    ["compile", "absent.yaml", "--target", "vapi"],
    ["compile", ".", "--target", "vapi"],
    ["explain", "profile.yaml"],
    ["explain", "profile.yaml", "vad.treshold"],
    ["explain", "absent.yaml", "vad.threshold"],
    ["drift", "absent.yaml"],
    ["drift", "profile.yaml", "--sandbox", "--env", "nowhere"],
    ["pull", "--target", "vapi"],
    ["pull", "--target", "bland", "--id", "x"],
    ["pull", "--target", "vapi", "--id", "../../x"],
    ["pull", "--target", "vapi", "--id", VAPI_ID, "--sandbox", "--out", "profile.yaml"],
    ["sandbox", "show", "nobody"],
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage_is_3_and_one_document(cli: Any, profile: Path, arguments: list[str]) -> None:
    """A slip on the command line ends with 3, never 2, and with one JSON document where JSON was asked for."""
    said = cli(*arguments)
    told = cli(*arguments, "--json")
    assert (said.code, told.code) == (3, 3)
    assert said.out == ""
    assert "error: " in said.err
    assert told.json["type"] == "error"
    assert told.json["error"]["exit_code"] == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate"],
        ["validate", "profile.yaml", "--format", "xml"],
        ["fmt", "absent.yaml"],
        ["init", "profile.yaml"],
        ["rule", "no-such-rule"],
        ["schema", "extra"],
        ["sandbox", "serve", "--port", "70000"],
        ["sandbox", "serve", "--versioning", "maybe"],
        ["sandbox", "serve", "--fault", "gremlin"],
        ["sandbox"],
        [],
    ],
    ids=" ".join,
)
def test_wrong_usage_without_json(cli: Any, profile: Path, arguments: list[str]) -> None:
    """The commands that know no `--json` end with 3 as well, and say why on stderr alone."""
    ran = cli(*arguments)
    assert ran.code == 3
    assert ran.out == ""
    assert "error: " in ran.err


def test_usage_error_of_validate_as_json(cli: Any) -> None:
    """`--format json` promises a document for errors of usage too."""
    assert cli("validate", "--format", "json").json["error"]["exit_code"] == 3
    assert cli("validate", "--format=json", "--nonsense").json["type"] == "error"


def test_missing_file_is_a_finding(cli: Any, profile: Path) -> None:
    """A missing file is told with its place, and does not keep the others from being checked."""
    ran = cli("validate", profile, "absent.yaml")
    assert ran.code == 3
    assert "absent.yaml:1:1: error: cannot be read" in ran.out
    assert "1 of 2 files" in ran.out


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_done_pending_and_done_again(cli: Any, profile: Path, json_flag: list[str]) -> None:
    """0 for a plan, 2 when asked to tell, 0 for apply, and then 0 as nothing is pending."""
    assert cli("plan", profile, "--sandbox", *json_flag).code == 0
    assert cli("plan", profile, "--sandbox", "--detailed-exitcode", *json_flag).code == 2
    assert cli("apply", profile, "--sandbox", "--auto-approve", "--detailed-exitcode", *json_flag).code == 0
    assert cli("plan", profile, "--sandbox", "--detailed-exitcode", *json_flag).code == 0
    assert cli("drift", profile, "--sandbox", *json_flag).code == 0


def test_policy_is_4(cli: Any, profile: Path, folder: Path) -> None:
    """A rule that counts as an error stops plan and compile with 4, its findings in the document."""
    profile.write_text(
        profile.read_text("utf-8").replace("company:", "api_key: sk-abcdefgh12345678, company:"), "utf-8"
    )
    assert cli("validate", profile).code == 4
    assert cli("compile", profile, "--target", "vapi").code == 4
    assert cli("compile", profile, "--target", "vapi", "--json").code == 4
    ran = cli("plan", profile, "--sandbox", "--json")
    assert ran.code == 4
    assert [finding["rule"] for finding in ran.json["diagnostics"]] == ["plaintext-secret"]
    assert not (folder / ".vaxctl").exists()


def test_strict_is_4(cli: Any, profile: Path) -> None:
    """`compile --strict` refuses what is approximate, with the document still whole."""
    assert cli("compile", profile, "--target", "retell", "--strict").code == 4
    told = cli("compile", profile, "--target", "retell", "--strict", "--json")
    assert told.code == 4
    assert told.json["type"] == "compile"


def test_fmt_check_is_4(cli: Any, profile: Path) -> None:
    """`fmt --check` tells by 4 that a file would change, and changes nothing."""
    profile.write_text(
        profile.read_text("utf-8").replace("name: outbound\n", "") + "name:   outbound\n", "utf-8"
    )
    before = profile.read_bytes()
    assert cli("fmt", "--check", profile).code == 4
    assert profile.read_bytes() == before
    assert cli("fmt", profile).code == 0
    assert cli("fmt", "--check", profile).code == 0


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_stale_saved_plan_is_5(cli: Any, profile: Path, dashboard: Any, json_flag: list[str]) -> None:
    """A saved plan is refused for the agent that changed meanwhile; nothing is written there."""
    target = ["--sandbox", "--target", "vapi"]
    assert cli("plan", profile, *target, "--out", "plan.json").code == 0
    dashboard(UPDATE_VAPI, {"firstMessage": "Hello, changed."})
    ran = cli("apply", profile, *target, "--plan", "plan.json", *json_flag)
    assert ran.code == 5
    assert "changed since the plan was saved" in " ".join(ran.out.split())


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_unaccepted_drift_is_5_and_drift_is_2(
    cli: Any, profile: Path, dashboard: Any, json_flag: list[str]
) -> None:
    """Drift is told by 2, refused by 5, and overwritten only under the id that the plan printed."""
    go = ["--sandbox", "--target", "vapi"]
    assert cli("apply", profile, *go, "--auto-approve").code == 0
    dashboard(UPDATE_VAPI, {"stopSpeakingPlan": {"numWords": 0, "voiceSeconds": 0.2, "backoffSeconds": 3}})
    assert cli("drift", profile, *go, *json_flag).code == 2
    assert cli("apply", profile, *go, "--auto-approve", *json_flag).code == 5
    assert cli("apply", profile, *go, "--auto-approve", "--overwrite", "drift-00000000", *json_flag).code == 5
    drift_id = cli("plan", profile, *go, "--json").json["resources"][0]["drift_id"]
    assert cli("apply", profile, *go, "--auto-approve", "--overwrite", drift_id, *json_flag).code == 0


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_nobody_to_confirm_is_6(cli: Any, profile: Path, folder: Path, json_flag: list[str]) -> None:
    """Without a terminal nothing is asked and nothing is written."""
    ran = cli("apply", profile, "--sandbox", *json_flag)
    assert ran.code == 6
    assert "--auto-approve" in ran.err
    assert not (folder / ".vaxctl" / "runs").exists()


def test_two_profiles_on_one_agent_are_6(cli: Any, profile: Path) -> None:
    """Two owners of one agent would undo each other for ever."""
    Path("second.yaml").write_bytes(profile.read_bytes())
    ran = cli("plan", ".", "--sandbox", "--json")
    assert ran.code == 6
    assert "second.yaml" in ran.json["error"]["message"]


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_one_applied_and_one_failed_is_7(
    cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch, json_flag: list[str]
) -> None:
    """One vendor out of order does not keep the other from being applied; the result is called partial."""
    monkeypatch.setenv("VAXCTL_SANDBOX_FAULT", "503@PATCH /vapi")
    ran = cli("apply", profile, "--sandbox", "--auto-approve", *json_flag)
    assert ran.code == 7
    monkeypatch.delenv("VAXCTL_SANDBOX_FAULT")
    left = cli("plan", profile, "--sandbox", "--json").json
    assert {one["vendor"] for one in left["resources"] if one["action"] != "none"} == {"vapi"}


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
@pytest.mark.parametrize(("vendor", "variable"), [("retell", "RETELL_API_KEY"), ("vapi", "VAPI_API_KEY")])
def test_missing_key_is_8(cli: Any, profile: Path, vendor: str, variable: str, json_flag: list[str]) -> None:
    """A missing key is told by the name of its variable."""
    ran = cli("plan", profile, "--target", vendor, *json_flag)
    assert ran.code == 8
    assert variable in ran.err


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
@pytest.mark.parametrize("vendor", ["retell", "vapi"])
def test_wrong_key_is_8(
    cli: Any, profile: Path, served: str, monkeypatch: pytest.MonkeyPatch, vendor: str, json_flag: list[str]
) -> None:
    """A refused key is told by the name of its variable, and is not shown."""
    monkeypatch.setenv(f"VAXCTL_{vendor.upper()}_BASE_URL", f"{served}/{vendor}")
    monkeypatch.setenv(f"{vendor.upper()}_API_KEY", "wrong-key")
    for command in (["plan", profile], ["apply", profile, "--auto-approve"], ["drift", profile]):
        ran = cli(*command, "--target", vendor, *json_flag)
        assert ran.code == 8
        assert f"{vendor.upper()}_API_KEY" in ran.out
        assert "wrong-key" not in ran.out + ran.err
    assert cli("pull", "--target", vendor, "--id", VAPI_ID, *json_flag).code == 8


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_vendor_out_of_reach_is_9(
    cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch, json_flag: list[str]
) -> None:
    """Nobody listens: 9, with the vendor's name, for reading and for writing."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    monkeypatch.setenv("VAXCTL_VAPI_BASE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("VAPI_API_KEY", "any")
    for command in ("plan", "drift"):
        ran = cli(command, profile, "--target", "vapi", *json_flag)
        assert ran.code == 9
        assert "vapi" in ran.out
    assert cli("apply", profile, "--target", "vapi", "--auto-approve", *json_flag).code == 9


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_capacity_refused_is_9_and_says_that_nothing_was_written(
    cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch, json_flag: list[str]
) -> None:
    """A vendor that takes no writes for now: 9, and the reader is told what was not done."""
    monkeypatch.setenv("VAXCTL_SANDBOX_FAULT", "429@PATCH /vapi")
    ran = cli("apply", profile, "--sandbox", "--target", "vapi", "--auto-approve", *json_flag)
    assert ran.code == 9
    if json_flag:
        assert ran.json["results"][0]["outcome"] == "failed"
        assert ran.json["exit_code"] == 9
    else:
        assert "failed; nothing was written" in ran.out


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_reads_answered_503_are_9(
    cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch, json_flag: list[str]
) -> None:
    """A vendor that answers 503 to reads: 9 for every command that reads."""
    monkeypatch.setenv("VAXCTL_SANDBOX_FAULT", "503@GET /vapi")
    for command in (["plan"], ["drift"], ["apply", "--auto-approve"]):
        assert cli(*command, profile, "--sandbox", "--target", "vapi", *json_flag).code == 9


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_a_write_that_may_have_been_made_is_7(
    cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch, json_flag: list[str]
) -> None:
    """A write answered 503 may have been made: it is not called undone, and the next plan tells."""
    monkeypatch.setenv("VAXCTL_SANDBOX_FAULT", "503@PATCH /vapi")
    ran = cli("apply", profile, "--sandbox", "--target", "vapi", "--auto-approve", *json_flag)
    assert ran.code == 7
    assert "plan again" in ran.out


def test_a_bug_is_1_without_its_values(cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is called one, by its place, and what was in it stays in."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("sk-planted-secret-value")

    monkeypatch.setattr("vaxctl.cli.gathering.gather", broken)
    ran = cli("plan", profile, "--json")
    assert ran.code == 1
    assert ran.json["error"]["message"].startswith("RuntimeError in ")
    assert "planted" not in ran.out + ran.err


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_interrupt_is_130(profile: Path, json_flag: list[str]) -> None:
    """Ctrl-C while a vendor keeps us waiting: 130, one document where JSON was asked for, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        environment = {
            **os.environ,
            "VAXCTL_VAPI_BASE_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}",
            "VAPI_API_KEY": "any",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        run = subprocess.Popen(
            [sys.executable, "-m", "vaxctl", "plan", str(profile), "--target", "vapi", *json_flag],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        guard = threading.Timer(20, run.kill)
        guard.start()
        with _met(deaf):
            run.send_signal(signal.SIGINT)
            out, err = run.communicate()
        guard.cancel()
    assert run.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    if json_flag:
        assert json.loads(out)["error"]["exit_code"] == 130
    else:
        assert out == ""


def _met(deaf: socket.socket) -> socket.socket:
    """Wait until the request has come in; it is never answered."""
    deaf.settimeout(20)
    connection, _ = deaf.accept()
    connection.recv(1)
    return connection
