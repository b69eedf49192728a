"""Archives of calls by URL: the trials of a folder, wherever it lies, and counts of parts made of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import BargeInParameters, EndpointingParameters, NoiseParameters, Parameters
from local_agent.tuning.cluster.archive import calls_of, rate_of
from local_agent.tuning.cluster.bench import items_of_calls, items_of_trials, parts_of
from local_agent.tuning.cluster.partition import Asked, Done, Item, Refused, count_part
from local_agent.tuning.cluster.remote import Fetched, RemoteSounds
from local_agent.tuning.judging.answers import SmartTurnAnswers
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.calls import trials_of_calls
from local_agent.tuning.listening.scoring import Scorer
from local_agent.tuning.listening.volumes import volumes
from local_agent.vad.settings import PIPECAT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

fsspec = pytest.importorskip("fsspec", reason="needs the extra `cluster`: pip install 'vaxctl[cluster]'")

SILENCE = Parameters(endpointing=EndpointingParameters("silence"))
LABELS = """\
file,start_s,end_s,label,class
one.wav,2.0,4.0,turn,
one.wav,6.0,6.5,noise,door
two.wav,2.0,4.0,barge_in,
two.wav,6.0,6.5,noise,bang
"""
CLASSES = ("bang", "door", "speech")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAXCTL_TUNE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def folder(calls: Path, tmp_path: Path) -> Path:
    """Return a folder of two labelled calls."""
    made = tmp_path / "calls"
    shutil.copytree(calls, made)
    (made / "labels.csv").write_text(LABELS, encoding="utf-8")
    return made


@pytest.fixture
def in_memory(folder: Path) -> str:
    """Return the URL of the same archive in memory."""
    url = f"memory://{uuid4().hex}"
    files = fsspec.filesystem("memory")
    for file in folder.iterdir():
        files.pipe_file(f"{url}/{file.name}", file.read_bytes())
    return url


def asked(settings: tuple[Parameters, ...] = (SILENCE,), *, rate_hz: int = 8000, **more: Any) -> bytes:
    """Return what a part is asked: the present setting."""
    facts = {"buckets": None, "classes": CLASSES} | more
    return Asked(settings, rate_hz, 1, **facts).packed()


def test_an_archive_has_the_trials_of_its_folder(folder: Path, in_memory: str) -> None:
    """By path, by file:// and by memory://: sketches have all but the audio, and trials made there are the folder's."""
    wanted = trials_of_calls(folder, seed=1)
    for archive in (str(folder), f"file://{folder}", in_memory):
        calls = calls_of(archive)
        sketched = [trial for call in calls for trial in call.sketched(1)]
        assert [(t.name, t.group, t.onset_s, t.duration_s, t.seed) for t in sketched] == [
            (t.name, t.group, t.onset_s, t.duration_s, t.seed) for t in wanted
        ]
        with Fetched() as fetch:
            made = [t for call in calls for t in call.trials(1, RemoteSounds(fetch))]
        assert [(t.name, t.bed_dbfs, [p.to_s for p in t.pieces]) for t in made] == [
            (t.name, t.bed_dbfs, [p.to_s for p in t.pieces]) for t in wanted
        ]


@pytest.mark.parametrize("chunk_s", [1.0, 3600.0])
def test_a_part_is_counted_where_its_files_are(folder: Path, in_memory: str, chunk_s: float) -> None:
    """The counts of one process over the folder, whatever a chunk is; what was fetched is gone afterwards."""
    trials = trials_of_calls(folder, seed=1)
    wanted = Bench(trials, Scorer(SILENCE.vad, rate_hz=8000).traces(trials)).counts(SILENCE)
    for archive in (str(folder), f"file://{folder}", in_memory):
        done = count_part(items_of_calls(calls_of(archive), 1), asked(chunk_s=chunk_s))
        assert isinstance(done, Done), done
        assert done.counts == [wanted]
        assert done.worker == "here"
    assert isinstance(count_part(items_of_trials(trials), asked()), Done)


def test_what_is_cached_is_not_fetched_again(in_memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores and all else that is known of a file are kept: the second time none is brought; changed audio is."""
    brought: list[str] = []
    bring = Fetched._brought

    def told(self: Fetched, url: str) -> Path:
        brought.append(url.rsplit("/", 1)[1])
        return bring(self, url)

    monkeypatch.setattr(Fetched, "_brought", told)
    items = items_of_calls(calls_of(in_memory), 1)
    brought.clear()
    first = count_part(items, asked())
    assert sorted(brought) == ["one.wav", "two.wav"]
    brought.clear()
    second = count_part(items, asked())
    assert brought == []
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (first.spent.audio_s > 0, second.spent.audio_s) == (True, 0)
    files = fsspec.filesystem("memory")
    files.pipe_file(f"{in_memory}/one.wav", files.cat_file(f"{in_memory}/two.wav"))
    third = count_part(items, asked())
    assert isinstance(third, Done)
    assert brought == ["one.wav"]
    assert 0 < third.spent.audio_s < first.spent.audio_s


def test_digests_by_version(in_memory: str) -> None:
    """The digest of a file whose place tells its version is kept; another content has another."""
    cache = Cache()
    files, url = fsspec.filesystem("memory"), f"{in_memory}/one.wav"
    with Fetched() as fetch:
        first = RemoteSounds(fetch, cache).digest(url)

    class Refusing(Fetched):
        """Brings nothing."""

        def __call__(self, audio: str) -> Path:
            raise AssertionError(audio)

    assert RemoteSounds(Refusing(), cache).digest(url) == first
    files.pipe_file(url, files.cat_file(f"{in_memory}/two.wav"))
    with Fetched() as fetch:
        assert RemoteSounds(fetch, cache).digest(url) != first


def test_folders_of_days(folder: Path, tmp_path: Path) -> None:
    """One file of labels a folder: names begin with the folder's, and stay apart."""
    for day in ("monday", "tuesday"):
        shutil.copytree(folder, tmp_path / "archive" / day)
    calls = calls_of(str(tmp_path / "archive"))
    assert [call.name for call in calls] == [
        "monday/one.wav",
        "monday/two.wav",
        "tuesday/one.wav",
        "tuesday/two.wav",
    ]
    done = count_part(items_of_calls(calls, 1), asked())
    assert isinstance(done, Done)
    assert done.counts[0].groups == tuple(call.name for call in calls)


def test_buckets_bound_the_rows(folder: Path) -> None:
    """Folded where it is counted."""
    done = count_part(items_of_calls(calls_of(str(folder)), 1), asked(buckets=1))
    assert isinstance(done, Done)
    assert done.counts[0].groups == ("bucket 000000",)


def test_models_and_presets_are_asked_there(folder: Path, model: Callable[[str], Path]) -> None:
    """Turns by the turn-end model, another framework's way, and a suppressor: each as on one process."""
    model("smart_turn")
    model("rnnoise")
    trials = trials_of_calls(folder, seed=1)
    semantic = replace(SILENCE, endpointing=EndpointingParameters("semantic"))
    settings = (
        semantic,
        replace(semantic, vad=PIPECAT, barge_in=BargeInParameters(validate=False, resume=False)),
        replace(SILENCE, noise=NoiseParameters("rnnoise")),
    )
    packed = Asked(settings, 8000, 1, None, CLASSES).packed()
    done = count_part(items_of_calls(calls_of(str(folder)), 1), packed)
    assert isinstance(done, Done), done
    wanted = []
    for one in settings:
        traces = Scorer(one.vad, one.noise, rate_hz=8000).traces(trials)
        answers = SmartTurnAnswers(trials, rate_hz=8000)
        bench = Bench(trials, traces, answers, volumes=lambda trial: volumes(trial, 8000))
        wanted.append(bench.counts(one))
    assert done.counts == wanted


# -- what goes wrong


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("file,start_s,end_s,label\none.wav,3,2,turn\n", r"labels\.csv:2:1: error: 3\.\.2 s ends before"),
        (
            "file,start_s,end_s,label\n../one.wav,2,3,turn\n",
            r"labels\.csv:2:1: error: \.\./one\.wav: is outside",
        ),
        ("file,start_s,end_s,label\none.wav,2,3,what\n", r"labels\.csv:2:1: error: `label`"),
        ("file,start_s,end_s,label\n", "holds no labels"),
    ],
)
def test_bad_labels_are_refused_before_any_worker_is_asked(folder: Path, labels: str, message: str) -> None:
    """With file and line."""
    (folder / "labels.csv").write_text(labels, encoding="utf-8")
    with pytest.raises(UnusableInput, match=message):
        calls_of(str(folder))


def test_an_archive_that_is_not_there(folder: Path) -> None:
    """No folder, no labels, two files of them, no such protocol."""
    (folder / "labels.jsonl").write_text("", encoding="utf-8")
    for archive, message in (
        (str(folder), "more than one file of labels"),
        (str(folder / "nowhere"), "no labels"),
        ("nosuch://bucket/calls", "nosuch://bucket/calls: cannot be read: ValueError"),
    ):
        with pytest.raises(UnusableInput, match=message):
            calls_of(archive)
    with pytest.raises(UnusableInput, match="memory://no/where: no labels"):
        calls_of("memory://no/where")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            "file,start_s,end_s,label\none.wav,2,30,turn\n",
            r"labels\.csv:2:1: error: 2\.\.30 s is outside one\.wav",
        ),
        ("file,start_s,end_s,label\ngone.wav,2,3,turn\n", r"labels\.csv:2:1: error: .*gone\.wav"),
    ],
)
def test_audio_that_does_not_fit_its_labels(folder: Path, labels: str, message: str) -> None:
    """Found on the worker, told with the labels' file and line."""
    (folder / "labels.csv").write_text(labels, encoding="utf-8")
    refused = count_part(items_of_calls(calls_of(str(folder)), 1), asked())
    assert isinstance(refused, Refused)
    with pytest.raises(UnusableInput, match=message):
        raise UnusableInput(refused.messages[0])


def test_a_broken_file_by_url_is_named_by_its_url(in_memory: str) -> None:
    """Not by the temporary file that it was fetched to."""
    fsspec.filesystem("memory").pipe_file(f"{in_memory}/one.wav", b"RIFF")
    refused = count_part(items_of_calls(calls_of(in_memory), 1), asked())
    assert isinstance(refused, Refused)
    (message,) = refused.messages
    assert f"{in_memory}/one.wav" in message
    assert "vaxctl-" not in message


def test_mixed_rates_are_refused(folder: Path) -> None:
    """A line of 8 kHz among others would be heard as one; without --rate one of 16 kHz among those of 8, too."""
    import soundfile

    samples, rate = soundfile.read(folder / "two.wav")
    soundfile.write(folder / "two.wav", samples[::2], rate // 2)
    items = items_of_calls(calls_of(str(folder)), 1)
    refused = count_part(items, asked(rate_hz=16_000))
    assert isinstance(refused, Refused)
    (message,) = refused.messages
    assert "mixed sample rates" in message
    assert "two.wav has 8000 Hz" in message
    assert isinstance(count_part(items, asked(rate_hz=8000)), Done), (
        "it was asked for: all are heard at 8 kHz"
    )
    refused = count_part(items, asked(rate_hz=8000, one_rate=True))
    assert isinstance(refused, Refused)
    assert "one.wav has 16000 Hz, the first file has 8000 Hz" in refused.messages[0]


def test_all_files_that_cannot_be_used_are_told(folder: Path) -> None:
    """In one chunk or in many; nothing is counted beside them, and without settings they are looked for alone."""
    for name in ("one.wav", "two.wav"):
        (folder / name).write_bytes(b"RIFF")
    items = items_of_calls(calls_of(str(folder)), 1)
    for question in (asked(), asked(chunk_s=1.0), asked(settings=())):
        refused = count_part(items, question)
        assert isinstance(refused, Refused)
        assert ["one.wav" in refused.messages[0], "two.wav" in refused.messages[1]] == [True, True]


def test_files_are_looked_through_without_being_heard(folder: Path) -> None:
    """Without settings nothing is scored."""
    done = count_part(items_of_calls(calls_of(str(folder)), 1), asked(settings=()))
    assert isinstance(done, Done)
    assert (done.counts, done.spent.audio_s) == ([], 0)


def test_the_rate_of_an_archive_is_its_first_calls(folder: Path, in_memory: str) -> None:
    """Of the first that can be read; where none can, the first is named."""
    (folder / "one.wav").write_bytes(b"RIFF")
    assert [rate_of(calls_of(archive)) for archive in (str(folder), in_memory)] == [16_000, 16_000]
    (folder / "two.wav").unlink()
    with pytest.raises(UnusableInput, match=r"one\.wav"):
        rate_of(calls_of(str(folder)))


def test_labels_elsewhere(folder: Path, in_memory: str, tmp_path: Path) -> None:
    """One file may label all of an archive, wherever either lies; the calls are the same."""
    wanted = [(call.name, call.rows) for call in calls_of(str(folder))]
    labels = shutil.move(folder / "labels.csv", tmp_path / "mine.csv")
    for archive in (str(folder), in_memory):
        assert [(call.name, call.rows) for call in calls_of(archive, str(labels))] == wanted
    with pytest.raises(UnusableInput, match=r"gone\.csv: cannot be read"):
        calls_of(str(folder), str(tmp_path / "gone.csv"))


def test_a_bad_setting_of_the_workers_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the worker's environment says wrongly is told like any refusal."""
    monkeypatch.setenv("VAXCTL_TUNE_CACHE_MB", "many")
    refused = count_part(items_of_calls(calls_of(str(folder)), 1), asked())
    assert isinstance(refused, Refused)
    assert "VAXCTL_TUNE_CACHE_MB is 'many'" in refused.messages[0]


# -- parts


def test_parts_are_cut_between_files() -> None:
    """In order, each of the length asked for, the last of what is left."""
    items = [Item((), seconds) for seconds in (5.0, 5.0, 30.0, 1.0, 2.0)]
    assert [[item.lane_s for item in part] for part in parts_of(items, 10)] == [[5, 5], [30], [1, 2]]
    assert parts_of([], 10) == []
