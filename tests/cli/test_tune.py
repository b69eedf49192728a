"""`vaxctl tune` from a small made corpus to its documents and into the profile."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from local_agent.scenarios.speech_like import speech_like

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Cli = Callable[..., Any]
    Samples = NDArray[np.float32]

RATE = 16_000
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "tuning.json"
FEW = ("--grid", "vad.threshold=0.3,0.5", "--grid", "vad.min_speech_ms=100,300")


def _sound(seconds: float, seed: int, *, voice: bool) -> Samples:
    chance = np.random.default_rng(seed)
    size = round(seconds * RATE)
    if not voice:
        return (chance.standard_normal(size) * 0.1).astype(np.float32)
    sound = speech_like(size, RATE, chance, pauses=False)
    return np.asarray(sound * (0.15 / float(np.std(sound))), np.float32).clip(-1, 1)


def _write(path: Path, samples: Samples, rate: int = RATE) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="PCM_16")


def _corpus(folder: Path, kinds: tuple[str, ...] = ("noise", "speech", "turn")) -> Path:
    """Write a corpus of three groups of each kind."""
    rows = []
    for number in range(3):
        for kind in kinds:
            more: dict[str, Any] = {
                "noise": {"class": ("bang", "dog")[number % 2]},
                "speech": {"speech": [[0.1, 1.1]], "speaker": f"p{number}"},
                "turn": {"turn": "complete", "turn_point_s": 1.1, "speaker": f"p{number}"},
            }[kind]
            name = f"{kind}-{'abc'[number]}"
            _write(folder / f"{name}.wav", _sound(1.2, 7 * number + len(rows), voice=kind != "noise"))
            row = {
                "id": name,
                "kind": kind,
                "audio": f"{name}.wav",
                "sample_rate_hz": RATE,
                "duration_s": 1.2,
            }
            rows.append(row | more)
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def _calls(folder: Path, labels: str) -> Path:
    """Write three stereo calls of 6 s, the caller left: a noise at 1 s, speech at 3 s."""
    for number in range(3):
        both = np.zeros((6 * RATE, 2), np.float32)
        both[:, 0] = np.random.default_rng(number).standard_normal(6 * RATE) * 1e-3
        both[RATE : RATE + RATE // 2, 0] += _sound(0.5, number, voice=False)
        both[3 * RATE : 4 * RATE, 0] += _sound(1.0, 10 + number, voice=True)
        _write(folder / f"{number}.wav", both)
    (folder / "labels.csv").write_text("file,start_s,end_s,label,class\n" + labels, "utf-8")
    return folder


SOUND = "".join(f"{n}.wav,1.0,1.5,noise,bang\n{n}.wav,3.0,4.0,barge_in,\n" for n in range(3))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of a corpus that no test changes."""
    return _corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the tests of this file keep what was computed."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(autouse=True)
def alone(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep off this machine's cache and models: turns end by silence alone."""
    monkeypatch.setenv("VAXCTL_TUNE_CACHE_DIR", str(kept))
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path / "no-models"))


def test_a_document_keeps_to_its_schema_and_is_the_same_twice(cli: Cli, corpus: Path, profile: Path) -> None:
    """One seed, the same bytes, whatever is cached; another seed says so."""
    one, two = (cli("tune", profile, "--corpus", corpus, *FEW, "--json") for _ in range(2))
    assert one.code == two.code == 0, one.err
    assert one.out == two.out
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(one.json)
    assert set(one.json) == set(schema["properties"])
    assert (one.json["type"], one.json["tried"], one.json["seed"]) == ("tuning", 4, 0)
    assert one.json["baseline"]["settings"]["vad.min_speech_ms"] == 200
    assert one.json["bounded_by"] == []
    assert cli("tune", profile, "--corpus", corpus, *FEW, "--json", "--seed", "3").json["seed"] == 3


def test_the_table_says_what_to_set_and_how_sure_that_is(cli: Cli, corpus: Path, profile: Path) -> None:
    """80 columns: settings, both parts, the frameworks beside, and that there is too little audio."""
    ran = cli("tune", profile, "--corpus", corpus, *FEW)
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 80
    for said in ("vad.min_speech_ms", "HELD BACK", "SEARCHED", "published", "pipecat", "livekit", "(?)"):
        assert said in ran.out
    assert "by silence alone" in ran.err


def test_write_sets_values_and_plan_shows_them(cli: Cli, corpus: Path, profile: Path) -> None:
    """Comments and order stay, the evidence is one comment line, and the vendor's field changes."""
    before = profile.read_text("utf-8")
    bound = ("--seed", "2", "--subject-to", "stop_ms_p90<=250")  # broken by the present 200 ms
    only = ("--grid", "vad.min_speech_ms=100,300", "--target", "vapi", *bound)
    ran = cli("tune", profile, "--corpus", corpus, *only, "--write")
    assert ran.code == 0, ran.err
    after = profile.read_text("utf-8")
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert len(changed) == 2
    assert changed[0].startswith(
        ("# vaxctl tune: Better", "# vaxctl tune: Not proved", "# vaxctl tune: A trade")
    )
    assert f"diff --git a/{profile} b/{profile}" in ran.out
    assert f"+{changed[1]}" in ran.out
    assert f"vaxctl plan {profile}" in ran.err.splitlines()[-1]
    assert "retell: vad.min_speech_ms is held only roughly" in " ".join(ran.err.split())
    assert "search with --target" not in ran.err
    seconds = 0.1 if "100" in changed[1] else 0.3
    assert f"stopSpeakingPlan.voiceSeconds: 0.2 → {seconds}" in cli("plan", profile, "--sandbox").out
    again = cli("tune", profile, "--corpus", corpus, *only, "--write", "--json")
    assert again.code == 0
    assert profile.read_text("utf-8") == after
    assert "nothing to write" in again.err


def test_what_is_no_file_is_not_replaced(cli: Cli, corpus: Path, profile: Path, folder: Path) -> None:
    """A pipe or a device under the name of the page would be gone: it is refused before anything is heard."""
    import os

    pipe = folder / "page.html"
    os.mkfifo(pipe)
    ran = cli("tune", profile, "--corpus", corpus, *FEW, "--html", pipe)
    assert (ran.code, pipe.is_fifo()) == (3, True)
    assert "is no file" in ran.err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--grid", "vad.threshold=0.3:nan:0.1"), "three numbers"),
        (("--grid", "vad.threshold=0.3:0.9:nan"), "three numbers"),
        (("--minimize", ""), "there is no metric ''"),
    ],
)
def test_numbers_and_goals_that_are_none(
    cli: Cli, corpus: Path, profile: Path, wrong: tuple[str, str], told: str
) -> None:
    """They are refused with what to write, not taken for a default, and no bug."""
    ran = cli("tune", profile, "--corpus", corpus, *wrong)
    assert ran.code == 3
    assert told in ran.err


def test_what_the_audio_held_back_refutes_is_not_written(
    cli: Cli, corpus: Path, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables are shown and the profile stays as it is, exit code 4; without --write it is a finding like others."""
    from local_agent.tuning.evidence.verdict import Kind, Verdict

    refuted = Verdict(Kind.WORSE, worse=("false_pause_rate",))
    monkeypatch.setattr("local_agent.tuning.evidence.result.verdict", lambda *_, **__: refuted)
    before = profile.read_bytes()
    asked = ("tune", profile, "--corpus", corpus, "--seed", "2", "--subject-to", "stop_ms_p90<=250", *FEW)
    ran = cli(*asked, "--write")
    assert ran.code == 4, ran.err
    assert "Refuted: on audio held back it is worse beyond chance at false_pause_rate." in " ".join(
        ran.out.split()
    )
    assert "nothing was written" in ran.err
    assert profile.read_bytes() == before
    assert cli(*asked).code == 0


def test_a_target_says_which_bounds_it_sets(cli: Cli, corpus: Path, profile: Path) -> None:
    """What Vapi cannot hold is not searched, and the reason is told and kept."""
    ran = cli("tune", profile, "--corpus", corpus, "--target", "vapi", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["tried"] == 10
    assert set(ran.json["chosen"]["settings"]) == {"vad.min_speech_ms"}
    told = ran.json["bounded_by"]
    assert told[0].startswith("vapi: vad.threshold is not searched: Vapi has a VAD threshold only through")
    assert told[1] == "vapi: vad.min_speech_ms: 50 to 500, all of it held exactly"
    assert "vad.threshold is not searched" in ran.err
    refused = cli("tune", profile, "--corpus", corpus, "--target", "retell")
    assert refused.code == 3
    assert "interruption_sensitivity" in refused.err
    assert "holds none of the searched keys exactly" in refused.err


def test_calls_with_labels(cli: Cli, folder: Path, profile: Path) -> None:
    """Recorded calls are tuned on as a corpus is; the group is the call."""
    calls = _calls(folder / "calls", SOUND)
    ran = cli("tune", profile, "--from-calls", calls, *FEW, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["corpus"]["trials"] == {"over_agent": 6}
    assert sum(ran.json["corpus"]["groups"].values()) == 3


def test_a_walk_is_resumed(cli: Cli, corpus: Path, folder: Path, profile: Path) -> None:
    """What a storage holds is not tried again, and the end is that of an uninterrupted walk."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")
    walk = ("--search", "tpe", "--grid", "vad.threshold=0.3:0.8:0.1", "--grid", "vad.min_speech_ms=50:300:50")
    whole = cli("tune", profile, "--corpus", corpus, *walk, "--trials", "6", "--json")
    assert whole.code == 0, whole.err
    for trials in ("3", "6"):
        kept = ("--storage", "walk.db", "--trials", trials)
        ran = cli("tune", profile, "--corpus", corpus, *walk, *kept, "--json")
    assert ran.out == whole.out
    (folder / "broken.db").write_text("no database")
    broken = cli("tune", profile, "--corpus", corpus, *walk, "--storage", "broken.db", "--trials", "2")
    assert broken.code == 3
    assert "broken.db cannot be used" in broken.err


def test_pages(cli: Cli, corpus: Path, folder: Path, profile: Path) -> None:
    """The page of a tuning, and the one that calls are labelled on."""
    ran = cli("tune", profile, "--corpus", corpus, *FEW, "--html", "tuning.html")
    assert ran.code == 0, ran.err
    assert "wrote tuning.html" in ran.err
    assert "vad.min_speech_ms" in Path("tuning.html").read_text("utf-8")
    calls = _calls(folder / "calls", "")
    ran = cli("corpus", "label", calls, "--out", "labels.html")
    assert ran.code == 0, ran.err
    assert "2.wav" in Path("labels.html").read_text("utf-8")
    assert cli("corpus", "label", "nowhere", "--out", "labels.html").code == 3


def test_no_setting_keeps_the_bounds(cli: Cli, corpus: Path, profile: Path) -> None:
    """Exit 4, with the nearest setting; the profile stays as it is."""
    before = profile.read_bytes()
    bounds = ("--subject-to", "stop_ms_p50<=1", "--subject-to", "missed_barge_in_rate<=1", "--write")
    ran = cli("tune", profile, "--corpus", corpus, *FEW, *bounds)
    assert ran.code == 4
    said = " ".join(ran.err.split())
    assert "none of 4 settings keeps the bounds: stop_ms_p50<=1; missed_barge_in_rate<=1" in said
    assert "the nearest is vad.threshold" in said
    assert profile.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give one of --corpus and --from-calls"),
        (("--corpus", "{}", "--from-calls", "{}"), "give one of --corpus and --from-calls"),
        (("--corpus", "nowhere"), "nowhere is no folder"),
        (("--corpus", "{}", "--labels", "x.csv"), "--labels are of recorded calls"),
        (("--from-calls", "{}", "--snr-db", "10"), "--snr-db needs a corpus"),
        (("--from-calls", "s3://bucket/calls"), "add --cluster"),
        (("--from-calls", "{}"), "calls have no labels (labels.csv or labels.jsonl)"),
        (("--corpus", "{}", "--rate", "44100"), "give 8000 or 16000"),
        (("--corpus", "{}", "--held-back", "1"), "give a share between 0 and 1"),
        (("--corpus", "{}", "--trials", "9"), "--trials and --storage are of a walk"),
        (("--corpus", "{}", "--search", "tpe", "--storage", "walk.txt"), "what kind of storage"),
        (("--corpus", "{}", "--search", "tpe", "--storage", "no/walk.db"), "cannot be written"),
        (("--corpus", "{}", "--minimize", "latency"), "there is no metric 'latency'"),
        (("--corpus", "{}", "--minimize", "stop_ms_p90,"), "there is no metric ''"),
        (("--corpus", "{}", "--subject-to", "false_barge_in_rate=3"), "is no bound"),
        (("--corpus", "{}", "--minimize", "missed_barge_in_rate[cat]", *FEW), "no class 'cat'"),
        (("--corpus", "{}", "--grid", "vad.loudness=1,2"), "vad.loudness cannot be searched"),
        (("--corpus", "{}", "--grid", "vad.threshold=0.5:1.5:0.5"), "vad.threshold cannot be 1.5"),
        (("--corpus", "{}", "--grid", "barge_in.min_words=11"), "vaxctl explain barge_in.min_words"),
        (("--corpus", "{}", "--target", "bland"), "there is no vendor 'bland'"),
        (("--corpus", "{}", "--html", "no/page.html"), "no/page.html cannot be written"),
    ],
    ids=lambda part: " ".join(part)[:40].replace("/", "-") if isinstance(part, tuple) else "",
)
def test_options_that_cannot_be_used(
    cli: Cli, corpus: Path, profile: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 3 with what to do, and one error document where JSON is asked for."""
    ran = cli("tune", profile, *(part.format(corpus) for part in arguments), "--json")
    assert ran.code == 3, ran.out + ran.err
    assert said in " ".join(ran.err.split())
    assert "help:" in ran.err or "between 0 and 1" in said or "8000" in said
    assert ran.json["type"] == "error"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            "0.wav,1.0,1.5,noise,bang\n0.wav,1.2,4.0,barge_in,\n",
            "labels.csv:3:1: error: 1.2 s overlaps line 2",
        ),
        (
            "0.wav,3.0,4.0,barge_in,\n0.wav,1.0,1.5,noise,bang\n",
            "labels.csv:3:1: error: 1 s comes before line 2",
        ),
        ("0.wav,1.0,9.5,noise,bang\n", "labels.csv:2:1: error: 1..9.5 s is outside 0.wav"),
        ("9.wav,1.0,1.5,noise,bang\n", "labels.csv:2:1: error: 9.wav"),
        ("0.wav,1.0,1.5,noise,bang\n1.wav,1.0,1.5,noise,bang\n", "is noise: any setting can be tuned"),
    ],
    ids=["overlap", "unsorted", "outside", "missing", "one class"],
)
def test_labels_that_cannot_be_used(cli: Cli, folder: Path, profile: Path, labels: str, said: str) -> None:
    """Each with file and line, and exit 3."""
    ran = cli("tune", profile, "--from-calls", _calls(folder / "calls", labels), *FEW)
    assert ran.code == 3
    assert said in " ".join(ran.err.split())


def test_a_corpus_that_cannot_be_used(cli: Cli, folder: Path, profile: Path) -> None:
    """One class only, mixed rates, a file that is not there: exit 3, and what to do."""
    noise = _corpus(folder / "noise", ("noise",))
    ran = cli("tune", profile, "--corpus", noise)
    assert ran.code == 3
    assert "add speech" in " ".join(ran.err.split())
    mixed = _corpus(folder / "mixed")
    _write(mixed / "noise-a.wav", _sound(0.6, 1, voice=False), 8_000)
    rows = [json.loads(line) for line in (mixed / "manifest.jsonl").read_text("utf-8").splitlines()]
    rows[0]["sample_rate_hz"] = 8_000
    (mixed / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    ran = cli("tune", profile, "--corpus", mixed)
    assert ran.code == 3
    assert "mixed sample rates" in ran.err
    assert "--rate 8000" in " ".join(ran.err.split())
    assert cli("tune", profile, "--corpus", mixed, "--rate", "8000", *FEW).code == 0
    (mixed / "noise-a.wav").unlink()
    ran = cli("tune", profile, "--corpus", mixed)
    assert ran.code == 3
    assert "manifest.jsonl:1:" in ran.err


def _change(folder: Path, **changes: dict[str, Any]) -> None:
    """Change lines of a manifest, by the clips' ids (`_` for `-`)."""
    file = folder / "manifest.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    rows = [row | changes.get(row["id"].replace("-", "_"), {}) for row in rows]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_everything_wrong_with_a_corpus_is_said_in_one_round(cli: Cli, folder: Path, profile: Path) -> None:
    """Labels, shape, missing and broken files together, in the words of `corpus check`."""
    mine = _corpus(folder / "mine")
    assert cli("tune", profile, "--corpus", mine, *FEW).code == 0
    _change(
        mine,
        noise_a={"audio": "gone.wav"},
        speech_a={"speech": [[0, 9]]},
        turn_a={"colour": "red", "audio": "gone too.wav"},
    )
    (mine / "noise-b.wav").write_bytes(b"no audio")
    ran = cli("tune", profile, "--corpus", mine, *FEW)
    assert ran.code == 3
    checked = cli("corpus", "check", mine)
    found = [line for line in checked.out.splitlines() if line.startswith(str(mine))]
    assert [line.split(":")[1] for line in found] == ["1", "2", "3", "3", "4"]
    assert [line for line in ran.err.splitlines() if line.startswith(str(mine))] == found
    assert "the audio has 5 findings" in ran.err


def test_findings_are_bounded(cli: Cli, folder: Path, profile: Path) -> None:
    """Of a large corpus that is not there the first fifty, one advice for all of them, and how many more there are."""
    mine = _corpus(folder / "mine", ("noise",))
    row = json.loads((mine / "manifest.jsonl").read_text("utf-8").splitlines()[0])
    rows = [row | {"id": f"n{number}", "audio": f"n{number}.wav"} for number in range(70)]
    (mine / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    ran = cli("tune", profile, "--corpus", mine, "--json")
    assert ran.code == 3
    assert ran.err.count("no such file") == 50
    assert ran.err.count("help: check the path") == 1
    assert f"… and 20 more; `vaxctl corpus check {mine}` lists them all" in ran.err
    assert len(ran.json["diagnostics"]) == 70


def test_links_stay_inside_a_corpus(cli: Cli, folder: Path, profile: Path) -> None:
    """One that leads out is refused, with why and the same words everywhere, though its content is known; others are read."""
    mine = _corpus(folder / "mine")
    assert cli("tune", profile, "--corpus", mine, *FEW).code == 0
    (mine / "noise-a.wav").rename(folder / "elsewhere.wav")
    (mine / "noise-a.wav").symlink_to(folder / "elsewhere.wav")
    for ran in (
        cli("tune", profile, "--corpus", mine, *FEW),
        cli("corpus", "check", mine),
        cli("corpus", "check", mine, "--labels-only"),
    ):
        assert ran.code == 3
        said = " ".join((ran.out + ran.err).split())
        assert f"noise-a.wav: is a link that leads out of {mine}" in said
        assert "help: copy it in: labels from elsewhere must not reach other files" in said
    (folder / "elsewhere.wav").rename(mine / "really.wav")
    (mine / "noise-a.wav").unlink()
    (mine / "noise-a.wav").symlink_to("really.wav")
    assert cli("corpus", "check", mine).code == 0
    assert cli("tune", profile, "--corpus", mine, *FEW).code == 0


TURNS = "".join(f"{n}.wav,3.0,4.0,turn,\n" for n in range(3))


@pytest.mark.parametrize(
    "labels", [TURNS, "0.wav,1.0,1.5,noise,bang\n" + TURNS], ids=["turns", "and a noise"]
)
def test_turns_alone_can_be_tuned_on(cli: Cli, folder: Path, profile: Path, labels: str) -> None:
    """With what they can tell; what is asked without them names it, and the command that it names works."""
    calls = _calls(folder / "calls", labels)
    refused = cli("tune", profile, "--from-calls", calls, *FEW)
    assert refused.code == 3
    said = " ".join(refused.err.split())
    assert "or ask for what its turns tell: --minimize premature_cutoff_rate,response_delay_ms_p90" in said
    for metrics in (
        "premature_cutoff_rate,response_delay_ms_p90",
        "premature_cutoff_rate,response_delay_ms_p50",
    ):
        ran = cli("tune", profile, "--from-calls", calls, *FEW, "--minimize", metrics, "--json")
        assert ran.code == 0, ran.err
        assert ran.json["corpus"]["trials"] == {"caller_turn": 3}
        assert ("left out: noise over the agent, all from 0.wav" in ran.err) == ("noise" in labels)
    floor = cli("tune", profile, "--from-calls", _calls(folder / "no-turns", SOUND), "--minimize", metrics)
    assert floor.code == 3
    assert "the audio has no caller's turn" in " ".join(floor.err.split())


def test_calls_without_labels_say_how_to_label_them(cli: Cli, folder: Path, profile: Path) -> None:
    """The command that is named makes the page; an empty folder is told to be one."""
    calls = _calls(folder / "two words", "")
    (calls / "labels.csv").unlink()
    ran = cli("tune", profile, "--from-calls", calls)
    assert ran.code == 3
    said = " ".join(ran.err.split())
    assert "its 3 calls have no labels" in said
    command = said[said.index("`vaxctl corpus") + 1 : said.index("` writes a page")]
    assert cli(*shlex.split(command)[1:]).code == 0
    assert Path("labels.html").is_file()
    (folder / "none").mkdir()
    assert "holds no recorded calls" in cli("tune", profile, "--from-calls", folder / "none").err


def test_how_near_the_nearest_came(cli: Cli, corpus: Path, profile: Path) -> None:
    """What it makes of each bound, and which it keeps."""
    bounds = ("--subject-to", "false_barge_in_rate>=90%", "--subject-to", "missed_barge_in_rate<=1")
    said = " ".join(cli("tune", profile, "--corpus", corpus, *FEW, *bounds).err.split())
    near = re.search(
        r"false_barge_in_rate (\d+\.\d) %, missed_barge_in_rate (\d+\.\d) % \(kept\); loosen", said
    )
    assert near is not None, said
    assert float(near[1]) < 90


def test_an_interrupted_search_writes_nothing(
    cli: Cli, corpus: Path, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 130, whether while listening or searching; the profile stays, and the same command goes on."""
    from local_agent.tuning.evidence import result
    from local_agent.tuning.listening.cache import Cache

    before = profile.read_bytes()

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for place, name in ((Cache, "get"), (result, "exhaustive")):
        with monkeypatch.context() as patched:
            patched.setattr(place, name, interrupt)
            ran = cli("tune", profile, "--corpus", corpus, *FEW, "--write", "--json")
        assert ran.code == 130
        assert ran.json["error"]["help"] == "the same command goes on: what was computed is kept"
        assert profile.read_bytes() == before
        assert [path.name for path in profile.parent.iterdir() if "part" in path.name] == []
    assert cli("tune", profile, "--corpus", corpus, *FEW).code == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("walk.db", b"no database", "it is no SQLite database"),
        ("walk.journal", b"no journal", "it is no journal of a walk"),
    ],
)
def test_a_storage_that_is_none_is_told_before_listening(
    cli: Cli, folder: Path, profile: Path, name: str, text: bytes, said: str
) -> None:
    """Also where the audio could not be used either: that takes hours to find out."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")
    (folder / name).write_bytes(text)
    (folder / "empty").mkdir()
    ran = cli("tune", profile, "--corpus", folder / "empty", "--search", "tpe", "--storage", name)
    assert ran.code == 3
    assert f"--storage {name} cannot be used: {said}" in " ".join(ran.err.split())
    assert (folder / name).read_bytes() == text


def test_help_is_grouped(cli: Cli) -> None:
    """By what options are about, in 80 columns, what all commands have last."""
    text = cli("tune", "--help").out
    heads = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert heads[1:] == [
        "Audio (one of the first two):",
        "What is wanted:",
        "What is tried:",
        "Output:",
        "Options:",
        "Examples:",
    ]
    assert max(len(line) for line in text.splitlines() if not line.startswith("  vaxctl ")) <= 80


def test_a_missing_extra_is_named(
    cli: Cli, corpus: Path, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk without optuna is refused before anything is heard."""
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    ran = cli("tune", profile, "--corpus", corpus, "--search", "nsga2")
    assert ran.code == 3
    assert "vaxctl[tune]" in ran.err
