"""`vaxctl simulate`: profiles on scenarios, gates and the exit code, what is written and refused."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.errors import ModelMissing
from local_agent.from_profile import RUN_PATHS
from local_agent.models.cache import model_path
from local_agent.simulate import opening
from vaxctl.cli.running import run
from vaxctl.profile.load import load

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
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


def test_two_processes_tell_the_same(cli: Callable[..., Ran], tmp_path: Path) -> None:
    """Same inputs and seed: the same bytes in another process; another seed sounds otherwise, and is told."""
    told = []
    for seed in ("5", "5", "6"):
        command = ["simulate", "calm.yaml", "--scenarios", "cough.yaml", "--seed", seed, "--json"]
        files = ["--html", "a.html", "--junit", "a.xml", "--audio", "a.wav"]
        done = subprocess.run(
            [sys.executable, "-m", "vaxctl", *command, *files],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "random"},
            capture_output=True,
            check=True,
        )
        told.append((done.stdout, *(Path(name).read_bytes() for name in files[1::2])))
    assert told[0] == told[1]
    assert told[0][3] != told[2][3]
    assert [json.loads(one[0])["run"]["seed"] for one in told] == [5, 5, 6]


def test_a_bad_setting_can_be_tried(cli: Callable[..., Ran]) -> None:
    """What a rule counts as an error is shown and does not forbid the run; what is no profile does."""
    shame = ROOT / "profiles" / "hall-of-shame" / "car-commute-threshold-0.3.yaml"
    Path("car.yaml").write_text(shame.read_text("utf-8"), "utf-8")
    code, out, err = cli("car.yaml", "--scenarios", "cough.yaml")
    assert code == 0
    assert "threshold-too-sensitive" in err
    assert "false barge-ins" in out
    Path("broken.yaml").write_text("schema: vaxctl/v1\nname: x\nvad: {threshold: 7}\n", "utf-8")
    code, _, err = cli("broken.yaml", "--scenarios", "cough.yaml")
    assert code == 3
    assert "there are errors in the profiles; nothing was run" in err


@pytest.mark.parametrize(
    ("vendor", "agent"),
    [("retell", "agent_5ca1ab1e0000000000000001"), ("vapi", "5ca1ab1e-0000-4000-8000-000000000001")],
)
def test_pull_then_simulate(cli: Callable[..., Ran], vendor: str, agent: str) -> None:
    """A live agent's settings run; what neither platform nor file tells is marked in every document."""
    try:
        model_path("rnnoise")
    except ModelMissing as error:
        pytest.skip(error.message)
    assert run(["pull", "--target", vendor, "--id", agent, "--sandbox", "--out", "live.yaml"]) == 0
    arguments = ("live.yaml", "--scenarios", "cough.yaml", "--junit", "a.xml", "--html", "a.html")
    code, out, err = cli(*arguments, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["pulled_from"] == f"{vendor} {agent}"
    owned = load(Path("live.yaml")).owned
    assert set(document["assumed"]) == {path for path in RUN_PATHS if path not in owned}
    assert {"vad.threshold", "endpointing.delay_ms"} <= set(document["assumed"])
    assert not {"barge_in.enabled", "noise_suppression.engine"} & set(document["assumed"])
    assert document["emulated"] == [
        {"setting": "noise_suppression.engine", "wanted": "platform", "used": "rnnoise"}
    ]
    marked = "assumed, as the pulled file does not hold it"
    text = " ".join(cli(*arguments[:3])[1].split())
    assert f"{marked}: language" in text or f"{marked}: vad.model" in text
    assert f'<property name="{marked}" value="' in Path("a.xml").read_text("utf-8")
    assert '"assumed":["' in Path("a.html").read_text("utf-8")
    beside = document["told_but_not_held"]
    told = {"retell": "agent responsiveness: 1", "vapi": "assistant stopSpeakingPlan.voiceSeconds: 0.2"}
    assert told[vendor] in beside
    assert f"told by the platform, but not held by a profile: {beside[0]}" in text


def test_a_profile_of_ones_own_assumes_nothing(cli: Callable[..., Ran]) -> None:
    """Defaults of a written profile are its own; without the line that pull writes, so are a pulled one's."""
    document = json.loads(cli("calm.yaml", "--scenarios", "cough.yaml", "--json")[1])
    assert not {"assumed", "pulled_from", "emulated"} & set(document)


def test_models_are_opened_once_a_rate(cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """Three calls at 8 kHz and two at 16 kHz of one profile share two sets of models."""
    opened: list[int] = []
    real = opening.models_for

    def counted(parameters: Any, rate_hz: int) -> Any:
        opened.append(rate_hz)
        return real(parameters, rate_hz)

    monkeypatch.setattr(opening, "models_for", counted)
    arguments = []
    for number, rate in enumerate((8000, 16000, 8000, 16000, 8000)):
        text = SCENARIO.replace("name: cough", f"name: cough-{number}\nsample_rate_hz: {rate}")
        Path(f"{number}.yaml").write_text(text, "utf-8")
        arguments += ["--scenarios", f"{number}.yaml"]
    assert cli("calm.yaml", *arguments)[0] == 0
    assert opened == [8000, 16000]


def test_a_turn_end_model_that_is_not_here_is_told_everywhere(
    cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On stderr once, with the command that brings it; in table, comparison, JSON, JUnit XML and page."""
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path / "none"))
    Path("wise.yaml").write_text("schema: vaxctl/v1\nname: wise\nendpointing: {mode: hybrid}\n", "utf-8")
    files = ("--junit", "a.xml", "--html", "a.html")
    code, out, err = cli("wise.yaml", "--scenarios", "cough.yaml", "--json", *files)
    assert code == 0
    (note,) = json.loads(out)["run"]["notes"]
    assert "by silence alone" in note
    assert "vaxctl models pull smart_turn" in note
    assert err.count(f"note: wise.yaml: {note}") == err.count("smart_turn") == 1
    assert f'<property name="notes" value="{note}"/>' in Path("a.xml").read_text("utf-8")
    assert f'"notes":["{note}"]' in Path("a.html").read_text("utf-8")
    assert f"note: {note}" in " ".join(cli("wise.yaml", "--scenarios", "cough.yaml")[1].split())
    compared = cli("--compare", "calm.yaml", "wise.yaml", "--scenarios", "cough.yaml")
    assert f"wise: note: {note}" in " ".join(compared[1].split())
    assert "calm: note" not in compared[1]


def test_an_output_that_cannot_be_written_is_named(
    cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name that the user gave, not by the one it has while it is written; nothing is left behind."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", ".a.xml.part")

    before = {path.name for path in Path().iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        code, _, err = cli("calm.yaml", "--scenarios", "cough.yaml", "--junit", "a.xml")
    assert code == 3
    assert "a.xml: No space left on device" in err
    assert ".part" not in err
    assert {path.name for path in Path().iterdir()} == before


@pytest.mark.parametrize(("words", "module"), [("whisper", "ctranslate2"), ("pocketsphinx", "pocketsphinx")])
def test_a_recogniser_that_is_not_here_is_told(
    cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, words: str, module: str
) -> None:
    """Without its package: which one, the command that brings it, and no call is run."""
    monkeypatch.setitem(sys.modules, module, None)
    code, out, err = cli("calm.yaml", "--scenarios", "cough.yaml", "--transcriber", words)
    assert (code, out) == (1, "")
    assert f"package {module} is not installed" in err
    assert "vaxctl[voice]" in err


def test_a_recogniser_without_its_model_is_told(
    cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the package, but without the weights: the command that pulls them."""
    pytest.importorskip("ctranslate2")
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path / "none"))
    code, _, err = cli("calm.yaml", "--scenarios", "cough.yaml", "--transcriber", "whisper")
    assert code == 1
    assert "vaxctl models pull whisper_tiny_en" in " ".join(err.split())


@pytest.mark.parametrize("expect", ["ignore", "barge_in", "turn_end", "hold"])
def test_what_never_happens_fails(cli: Callable[..., Ran], expect: str) -> None:
    """An event that is due after the agent's turn is long over fails, in every document."""
    text = SCENARIO.replace("after_start_ms: 800", "after_start_ms: 150000").replace("ignore", expect)
    Path("cough.yaml").write_text(f"{text}max_duration_ms: 6000\n", "utf-8")
    arguments = ("calm.yaml", "--scenarios", "cough.yaml", "--junit", "a.xml", "--html", "a.html")
    code, out, _ = cli(*arguments, "--gate", "check_pass_rate>=1")
    assert code == 4
    assert f"expected {expect}, got never_happened" in out
    assert f'message="expected {expect}, got never_happened at' in Path("a.xml").read_text("utf-8")
    assert '"got":"never_happened"' in Path("a.html").read_text("utf-8")
    scenario = json.loads(cli(*arguments, "--json")[1])["scenarios"][0]
    assert not scenario["passed"]
    assert [(check["expect"], check["got"]) for check in scenario["checks"]] == [(expect, "never_happened")]


def test_each_mistake_of_a_scenario_has_its_line(cli: Callable[..., Ran]) -> None:
    """One line for each, and its help on the next; with --json they stand in the document as well."""
    text = SCENARIO.replace("seed: 7", "sead: 7\ntail: -4").replace("tail_ms: 500", "tail_ms: -4")
    Path("bad.yaml").write_text(text, "utf-8")
    code, out, err = cli("calm.yaml", "--scenarios", "bad.yaml")
    assert (code, out) == (3, "")
    assert err.splitlines() == [
        "bad.yaml:3:1: error: unknown key `sead`",
        "  help: did you mean `seed`?",
        "bad.yaml:4:1: error: unknown key `tail`",
        "  help: did you mean `tail_ms`?",
        "bad.yaml:8:1: error: `tail_ms` must be at least 0 (here: -4)",
        "error: 3 findings in labelled audio or scenarios; nothing was done",
        "  help: mend the places named above",
    ]
    document = json.loads(cli("calm.yaml", "--scenarios", "bad.yaml", "--json")[1])
    assert (document["type"], document["error"]["kind"]) == ("error", "InvalidInput")
    assert [(one["file"], one["line"], one["column"], one["help"]) for one in document["diagnostics"]] == [
        ("bad.yaml", 3, 1, "did you mean `seed`?"),
        ("bad.yaml", 4, 1, "did you mean `tail_ms`?"),
        ("bad.yaml", 8, 1, None),
    ]


def test_bad_audio_is_told_with_the_scenarios_line(cli: Callable[..., Ran]) -> None:
    """The line that asks for the file comes first, then the file."""
    Path("a.wav").write_bytes(b"no audio")
    Path("cough.yaml").write_text(SCENARIO.replace("noise: cough", "audio: a.wav"), "utf-8")
    code, _, err = cli("calm.yaml", "--scenarios", "cough.yaml")
    assert code == 3
    assert err.startswith(f"cough.yaml:6:6: error: {Path('a.wav').resolve()}: cannot be read as audio")


def test_nobody_hears_words(cli: Callable[..., Ran]) -> None:
    """--transcriber none is told, and runs."""
    code, out, _ = cli("calm.yaml", "--scenarios", "cough.yaml", "--transcriber", "none", "--json")
    assert code == 0
    assert json.loads(out)["run"]["words"] == "none"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one PROFILE"),
        (("calm.yaml", "--transcriber", "ears"), "'ears' is not one of"),
        (("calm.yaml", "--seed", "-1"), "Invalid value for '--seed'"),
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
