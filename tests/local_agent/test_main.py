"""`python -m local_agent run`: what it prints and writes, and every kind of bad input through the whole command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import numpy as np
import pytest
import soundfile

from local_agent.__main__ import main
from local_agent.audio import sources
from local_agent.audio.companding import encode_mu_law
from local_agent.audio.reading import AudioStream
from vaxctl.cli.running import run as vaxctl

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
RATE = 16_000
NOISE = np.random.default_rng(1).uniform(-0.4, 0.4, RATE).astype(np.float32)
PROFILE = "schema: vaxctl/v1\nname: plain\nendpointing: {mode: silence}\n"
SCENARIO = """\
schema: vaxctl-scenario/v1
name: recorded
seed: 1
agent: [{say: Good morning. How can I help you today?}]
caller:
  - {audio: bad.wav, start: {agent_turn: 0, after_start_ms: 300}, expect: ignore}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a profile and a scenario."""
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(PROFILE, "utf-8")
    Path("s.yaml").write_text(SCENARIO, "utf-8")
    return tmp_path


@pytest.fixture
def call(
    folder: Path, caller: Callable[[int], np.ndarray], syllables: Callable[..., np.ndarray]
) -> np.ndarray:
    """Write a call as stereo, and each side by itself; return both sides."""
    lane = caller(RATE)
    agent = np.zeros(len(lane), np.float32)
    agent[: 2 * RATE] = syllables(2.0, seed=5)
    both = np.stack([lane, agent], axis=1)
    soundfile.write("call.wav", both, RATE)
    soundfile.write("caller.wav", lane, RATE)
    soundfile.write("agent.wav", agent, RATE)
    return both


def kinds(document: str) -> list[str]:
    """Return the names of the events in a JSON document."""
    return [event["event"] for event in json.loads(document)["events"]]


def test_the_same_call_in_two_files_and_in_one(call: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    """Stereo, or a file a side: the same events; as text they are the same in number and order."""
    assert main(["run", "--profile", "p.yaml", "--audio", "call.wav", "--json"]) == 0
    stereo = capsys.readouterr().out
    assert (
        main(["run", "--profile", "p.yaml", "--audio", "caller.wav", "--agent", "agent.wav", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["events"] == json.loads(stereo)["events"]
    assert {"AgentSpeechPaused", "SpeechStarted", "UserTurnEnded", "CallEnded"} <= set(kinds(stereo))
    assert main(["run", "--profile", "p.yaml", "--audio", "call.wav"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" s  ")[1].split(" ")[0] for line in lines] == kinds(stereo)


def test_the_document_keeps_to_its_schema(call: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    """It holds what the schema says and no more, events included."""
    assert main(["run", "--profile", "p.yaml", "--audio", "call.wav", "--json"]) == 0
    schema = json.loads((SCHEMAS / "run.json").read_text("utf-8"))
    schema["additionalProperties"] = schema["properties"]["events"]["items"]["additionalProperties"] = False
    jsonschema.Draft202012Validator(schema).validate(json.loads(capsys.readouterr().out))


def test_text_comes_as_it_happens(call: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is spoilt in its fifth second has told of the seconds before when it is refused."""
    lane = call[:, 0].copy()
    lane[-10] = np.nan
    soundfile.write("spoilt.wav", lane, RATE, subtype="FLOAT")
    assert main(["run", "--profile", "p.yaml", "--audio", "spoilt.wav"]) == 3
    printed = capsys.readouterr()
    assert "UserTurnEnded" in printed.out
    assert "CallEnded" not in printed.out
    assert "sample 95990 (at 5.999 s) is not a number" in printed.err


def test_page_and_sound_are_written(call: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    """The page holds the events and the sound file the call: caller left, agent right."""
    assert (
        main(
            ["run", "--profile", "p.yaml", "--audio", "call.wav", "--html", "p.html", "--audio-out", "o.wav"]
        )
        == 0
    )
    assert "AgentSpeechPaused" in Path("p.html").read_text("utf-8")
    sound, rate = soundfile.read("o.wav")
    assert rate == RATE
    assert np.allclose(sound[: len(call), 0], call[:, 0], atol=1e-3)
    assert sound[:, 1].any()
    assert capsys.readouterr().err.splitlines() == ["wrote p.html", "wrote o.wav"]


def test_raw_audio(call: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes without a header, as PCM in two channels and as μ-law, give what the header's file gives."""
    assert main(["run", "--profile", "p.yaml", "--audio", "call.wav", "--json"]) == 0
    meant = kinds(capsys.readouterr().out)
    Path("call.raw").write_bytes(soundfile.read("call.wav", dtype="int16")[0].tobytes())
    form = ["--encoding", "s16le", "--rate", "16000", "--channels", "2"]
    assert main(["run", "--profile", "p.yaml", "--audio", "call.raw", "--json", *form]) == 0
    assert kinds(capsys.readouterr().out) == meant
    Path("caller.ulaw").write_bytes(encode_mu_law(call[:, 0]).tobytes())
    form = ["--encoding", "mulaw", "--rate", "16000"]
    assert main(["run", "--profile", "p.yaml", "--audio", "caller.ulaw", "--json", *form]) == 0
    assert "UserTurnEnded" in kinds(capsys.readouterr().out)


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_an_agent_of_another_rate(
    call: np.ndarray, syllables: Callable[..., np.ndarray], capsys: pytest.CaptureFixture[str], rate: int
) -> None:
    """The agent's file is brought to the caller's rate: its turn begins and is paused as at the same rate."""
    soundfile.write("other.wav", syllables(2.0, rate, 5), rate)
    assert (
        main(["run", "--profile", "p.yaml", "--audio", "caller.wav", "--agent", "other.wav", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["sample_rate_hz"] == RATE
    assert {"AgentSpeechStarted", "AgentSpeechPaused"} <= {event["event"] for event in told["events"]}


def test_clipped_audio_is_run_and_warned_of(call: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    """Clipping makes a result doubtful, not impossible."""
    soundfile.write("loud.wav", np.clip(call[:, 0] * 40, -1, 1), RATE)
    assert main(["run", "--profile", "p.yaml", "--audio", "loud.wav"]) == 0
    assert "warning: loud.wav: clipped" in capsys.readouterr().err
    assert main(["run", "--profile", "p.yaml", "--audio", "loud.wav", "--json"]) == 0
    assert "clipped" in json.loads(capsys.readouterr().out)["warnings"][0]


def _half(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def _spoilt(file: Path) -> None:
    samples = NOISE.copy()
    samples[4_000] = np.nan
    soundfile.write(file, samples, RATE, subtype="FLOAT")


def _cut(file: Path) -> None:
    soundfile.write(file, NOISE, RATE)
    _half(file)


def _three_hours(file: Path) -> None:
    soundfile.write(file, NOISE[:8_000], 8_000)
    data, frames = bytearray(file.read_bytes()), 3 * 3_600 * 8_000
    data[4:8], data[40:44] = (36 + 2 * frames).to_bytes(4, "little"), (2 * frames).to_bytes(4, "little")
    with file.open("wb") as stream:
        stream.write(data[:44])
        stream.truncate(44 + 2 * frames)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "no such file"),
    "a folder": (lambda file: file.mkdir(), "is a folder"),
    "no audio": (lambda file: file.write_text("hello, I am no audio"), "cannot be read as audio"),
    "empty": (lambda file: file.write_bytes(b""), "the file is empty"),
    "truncated": (_cut, "truncated"),
    "zero-length": (lambda file: soundfile.write(file, NOISE[:0], RATE), "no samples"),
    "nan": (_spoilt, "sample 4000 (at 0.250 s) is not a number"),
    "300 Hz": (lambda file: soundfile.write(file, NOISE, 300), "sample rate 300 Hz"),
    "384 kHz": (lambda file: soundfile.write(file, NOISE, 384_000), "sample rate 384000 Hz"),
    "six channels": (lambda file: soundfile.write(file, np.zeros((99, 6)), RATE), "6 channels"),
}


def refused(err: str, file: str, message: str) -> None:
    """Check what, where and what to do are told, and that it is no crash."""
    told = " ".join(err.split())  # vaxctl breaks its lines at the terminal's width
    assert "Traceback" not in told
    assert file in told
    assert message in told
    assert "help: " in told


def left(folder: Path, before: set[Path]) -> set[str]:
    """Return what is in a folder that was not there before."""
    return {file.name for file in set(folder.rglob("*")) - before}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("option", ["--audio", "--agent"])
def test_bad_input_to_run(folder: Path, capsys: pytest.CaptureFixture[str], case: str, option: str) -> None:
    """Exit 3, the file, the fault and the next step; no document, no page, no sound file."""
    make, message = BAD[case]
    make(Path("bad.wav"))
    soundfile.write("good.wav", NOISE, RATE)
    files = ["--audio", "bad.wav"] if option == "--audio" else ["--audio", "good.wav", "--agent", "bad.wav"]
    before = set(folder.rglob("*"))
    outputs = ["--json", "--html", "p.html", "--audio-out", "o.wav"]
    assert main(["run", "--profile", "p.yaml", *files, *outputs]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    refused(printed.err, "bad.wav", message)
    assert left(folder, before) == set()


@pytest.mark.parametrize("case", BAD)
def test_bad_input_to_simulate(folder: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    """An audio event of a scenario that cannot be used: the same answer from `vaxctl simulate`."""
    make, message = BAD[case]
    if case in {"missing", "a folder"}:
        message = "audio file bad.wav is not there"  # said with the line of the scenario
    make(Path("bad.wav"))
    before = set(folder.rglob("*"))
    arguments = ["simulate", "p.yaml", "--scenarios", "s.yaml", "--html", "p.html", "--audio", "o.wav"]
    assert vaxctl(arguments) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    refused(printed.err, "bad.wav", message)
    assert left(folder, before) == set()


def test_three_hours_in_a_scenario(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario's event is read whole, so one of three hours is refused from its header."""
    _three_hours(Path("bad.wav"))
    assert vaxctl(["simulate", "p.yaml", "--scenarios", "s.yaml", "--html", "p.html"]) == 3
    refused(capsys.readouterr().err, "bad.wav", "180 minutes are too long")
    assert not Path("p.html").exists()


@pytest.mark.parametrize("option", ["--html", "--audio-out"])
def test_three_hours_on_a_page(folder: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    """Events of such a file are to be had; what holds the whole call is refused before anything is read."""
    _three_hours(Path("bad.wav"))
    out = "o.wav" if option == "--audio-out" else "p.html"
    assert main(["run", "--profile", "p.yaml", "--audio", "bad.wav", option, out]) == 3
    refused(capsys.readouterr().err, "bad.wav", f"180 minutes are too long for {option}")
    assert not Path(out).exists()


def test_three_hours_of_silence_end_with_the_hang_up(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller who never speaks is hung up on; the rest of the three hours is not read."""
    _three_hours(Path("bad.wav"))
    blocks = 0
    converted = AudioStream._converted

    def counted(stream: AudioStream, source: object) -> object:
        nonlocal blocks
        for block in converted(stream, source):  # type: ignore[arg-type]
            blocks += 1
            yield block

    monkeypatch.setattr(AudioStream, "_converted", counted)
    assert main(["run", "--profile", "p.yaml", "--audio", "bad.wav"]) == 0
    assert "CallEnded (reason hang_up)" in capsys.readouterr().out
    assert 8_000 * 30 < blocks * 16_384 < 8_000 * 40


def test_a_file_that_may_not_be_read(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system refuses is said in its words; root may read anything, so the refusal is played."""
    soundfile.write("locked.wav", NOISE, RATE)

    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sources, "refuse_truncated", locked)
    assert main(["run", "--profile", "p.yaml", "--audio", "locked.wav"]) == 3
    refused(capsys.readouterr().err, "locked.wav", "cannot be read (Permission denied)")


STEREO: dict[str, tuple[list[str], str]] = {
    "an agent in stereo": (["caller.wav", "--agent", "call.wav"], "call.wav: is stereo where the agent's"),
    "two agents": (
        ["call.wav", "--agent", "agent.wav"],
        "call.wav: is stereo, and so holds the agent's side",
    ),
    "one side twice": (["twice.wav"], "twice.wav: both channels hold the same sound"),
}


@pytest.mark.parametrize("case", STEREO)
def test_stereo_where_mono_was_expected(
    call: np.ndarray, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    """Sides that cannot be told are refused before anything is printed."""
    soundfile.write("twice.wav", np.stack([call[:, 0]] * 2, axis=1), RATE)
    files, message = STEREO[case]
    assert main(["run", "--profile", "p.yaml", "--audio", *files]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    refused(printed.err, "call.wav" if "agent" in case else "twice.wav", message)


USAGE: dict[str, tuple[list[str], str]] = {
    "a rate without an encoding": (["--rate", "8000"], "need --encoding"),
    "an encoding without a rate": (["--encoding", "mulaw"], "needs --rate"),
    "raw with a header": (["--encoding", "mulaw", "--rate", "8000"], "has a header"),
    "a folder that is not there": (["--html", "no/p.html"], "cannot be written"),
    "an unknown format": (["--audio-out", "o.mp3"], "no audio format of ours"),
    "over an input": (["--audio-out", "caller.wav"], "is an input of this run"),
}


@pytest.mark.parametrize("case", USAGE)
def test_options_that_do_not_go_together(
    call: np.ndarray, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    """Each is refused before the run, with the way out."""
    options, message = USAGE[case]
    assert main(["run", "--profile", "p.yaml", "--audio", "caller.wav", *options]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    refused(printed.err, "", message)


def test_usage_errors_leave_with_three(capsys: pytest.CaptureFixture[str]) -> None:
    """As vaxctl has it: 2 means something else."""
    with pytest.raises(SystemExit) as caught:
        main(["run", "--audio", "x.wav"])
    assert caught.value.code == 3
    assert "--profile" in capsys.readouterr().err


def test_a_profile_that_cannot_be_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The profile is refused before the audio is looked at."""
    Path("p.yaml").write_text("schema: vaxctl/v1\nname: x\nvad: {threshold: 7}\n", "utf-8")
    assert main(["run", "--profile", "p.yaml", "--audio", "nothing.wav"]) == 3
    refused(capsys.readouterr().err, "p.yaml", "threshold")


def test_a_full_disk_leaves_nothing_half_written(
    call: np.ndarray, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that cannot be written in full is not there, and the old one is."""
    Path("p.html").write_text("old", "utf-8")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["run", "--profile", "p.yaml", "--audio", "caller.wav", "--html", "p.html"]) == 1
    assert "p.html: cannot be written: No space left on device" in capsys.readouterr().err
    assert Path("p.html").read_text("utf-8") == "old"
    assert list(folder.glob(".*.part")) == []
