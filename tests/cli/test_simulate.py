"""`vaxctl simulate`: profiles on scenarios, gates and the exit code, what is written and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILE = """\
schema: vaxctl/v1
name: {name}
endpointing: {{mode: silence, delay_ms: 400}}
vad: {{threshold: {threshold}}}
"""
SCENARIO = """\
schema: vaxctl-scenario/v1
name: cough
seed: 7
agent: [{say: Right now we have three plans and most people take the middle one.}]
caller:
  - {noise: cough, start: {agent_turn: 0, after_start_ms: 800}, expect: ignore}
tail_ms: 500
"""
Ran = tuple[int, str, str]


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run in a folder with two profiles and one scenario."""
    monkeypatch.chdir(tmp_path)
    for name, threshold in (("calm", 0.7), ("hasty", 0.3)):
        Path(f"{name}.yaml").write_text(PROFILE.format(name=name, threshold=threshold), "utf-8")
    Path("cough.yaml").write_text(SCENARIO, "utf-8")

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(["simulate", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return ran


def test_same_inputs_same_bytes(cli: Callable[..., Ran]) -> None:
    """JSON and page are the same to the byte the second time, and tell of the scenario."""
    arguments = ("calm.yaml", "--scenarios", "cough.yaml", "--json", "--html", "a.html", "--junit", "a.xml")
    first = cli(*arguments)
    page = Path("a.html").read_bytes()
    assert first[0] == 0
    assert cli(*arguments)[:2] == first[:2]
    assert Path("a.html").read_bytes() == page
    told: dict[str, Any] = json.loads(first[1])
    assert (told["type"], told["profile"], told["scenarios"][0]["name"]) == ("simulation", "calm", "cough")
    assert 'name="calm: cough"' in Path("a.xml").read_text("utf-8")


@pytest.mark.parametrize(("gate", "code"), [("false_barge_in_rate<=1", 0), ("check_pass_rate>1", 4)])
def test_gate_sets_the_exit_code(cli: Callable[..., Ran], gate: str, code: int) -> None:
    """A gate that fails exits 4 after the document is told."""
    got, out, _ = cli("calm.yaml", "--scenarios", "cough.yaml", "--gate", gate)
    assert got == code
    assert ("gate FAILED" if code else "gate passed") in out


def test_compare_and_sound(cli: Callable[..., Ran]) -> None:
    """Two profiles on the same audio give one document with both runs; each call is written."""
    code, out, _ = cli(
        "--compare", "calm.yaml", "hasty.yaml", "--scenarios", "cough.yaml", "--json", "--audio", "calls"
    )
    assert code == 0
    assert [one["profile"] for one in json.loads(out)["runs"]] == ["calm", "hasty"]
    assert Path("calls/1/cough.wav").stat().st_size > 1000
    assert Path("calls/2/cough.wav").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one PROFILE"),
        (("calm.yaml", "--compare", "calm.yaml", "hasty.yaml"), "give one PROFILE"),
        (("calm.yaml", "--gate", "nonsense<=1"), "no metric 'nonsense'"),
        (("calm.yaml", "--scenarios", "absent"), "no such file"),
        (("absent.yaml", "--scenarios", "cough.yaml"), "absent.yaml"),
        (("calm.yaml", "--scenarios", "cough.yaml", "--html", "nowhere/a.html"), "cannot be written"),
        (("calm.yaml", "--scenarios", "cough.yaml", "--audio", "a.doc"), "no audio format"),
        (
            ("--compare", "calm.yaml", "hasty.yaml", "--scenarios", "cough.yaml", "--audio", "a.wav"),
            "2 calls",
        ),
    ],
)
def test_bad_usage_is_told(cli: Callable[..., Ran], arguments: tuple[str, ...], message: str) -> None:
    """Exit 3, one sentence that names the trouble, nothing written."""
    code, _, err = cli(*arguments)
    assert code == 3
    assert message in err
    assert sorted(path.suffix for path in Path().iterdir() if path.is_file()) == [".yaml"] * 3
