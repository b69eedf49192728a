"""Whatever happens to the disk or the process, a result is right; at worst it is computed again."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import VadParameters
from local_agent.tuning.listening.cache import FORMAT, Cache, default_limit
from local_agent.tuning.listening.corpus import trials_of
from local_agent.tuning.listening.scoring import Progress, Scorer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
KEY = "ab" + "0" * 62
BLOCK = 4096

SCORING = """\
import os, signal, sys
from pathlib import Path
from local_agent.parameters import VadParameters
from local_agent.tuning.listening import scoring
from local_agent.tuning.listening.cache import Cache
from local_agent.tuning.listening.corpus import trials_of

scoring.STEP_S = 1.0
trials = trials_of(Path(sys.argv[1]), seed=1)
cache = Cache(Path(sys.argv[2]))

write, written = Path.write_bytes, []

def torn(path, data):
    written.append(path)
    if len(written) == 4:
        write(path, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    return write(path, data)

if sys.argv[3] == "torn":
    Path.write_bytes = torn

def told(progress):
    print(progress.reused, progress.scored, flush=True)
    if sys.argv[3] == "stop":
        sys.stdin.readline()

traces = scoring.Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials, told)
print(traces.probabilities.tobytes().hex(), cache.corrupt)
"""


def _started(corpus: Path, cache: Path, way: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCORING, str(corpus), str(cache), way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("??/*") if not path.name.startswith("."))


def _by_hand(corpus: Path) -> str:
    scores = Scorer(VadParameters(), rate_hz=8000).traces(trials_of(corpus, seed=1))
    return scores.probabilities.tobytes().hex()


def test_payloads_come_back(tmp_path: Path) -> None:
    """What was put is there, for another object too; what was not is not."""
    cache = Cache(tmp_path)
    cache.put(KEY, b"what was computed")
    assert Cache(tmp_path).get(KEY) == b"what was computed"
    assert cache.get("cd" + KEY) is None
    assert cache.notes == []


@pytest.mark.parametrize(
    "place", [0, len(FORMAT), len(FORMAT) + 32, -1], ids=["format", "hash", "first", "last"]
)
def test_a_flipped_bit_is_found(tmp_path: Path, place: int) -> None:
    """Wherever it is; the entry goes, a note stays, and the next put mends it."""
    cache = Cache(tmp_path)
    cache.put(KEY, b"what was computed")
    (file,) = _entries(tmp_path)
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    assert cache.get(KEY) is None
    assert cache.corrupt == 1
    assert "damaged" in cache.notes[0]
    assert not file.exists()
    cache.put(KEY, b"again")
    assert cache.get(KEY) == b"again"


@pytest.mark.parametrize("size", [0, 7, 40, 50])
def test_a_cut_entry_is_found(tmp_path: Path, size: int) -> None:
    """A file that lost its end is no entry."""
    cache = Cache(tmp_path)
    cache.put(KEY, b"what was computed")
    (file,) = _entries(tmp_path)
    file.write_bytes(file.read_bytes()[:size])
    assert cache.get(KEY) is None
    assert cache.corrupt == 1


def test_an_entry_under_another_name_is_found(tmp_path: Path) -> None:
    """The hash binds the payload to its key."""
    cache = Cache(tmp_path)
    cache.put(KEY, b"of this key")
    (file,) = _entries(tmp_path)
    file.rename(file.with_name(KEY[:-1] + "1"))
    assert cache.get(KEY[:-1] + "1") is None


def test_the_oldest_go_first(tmp_path: Path) -> None:
    """Beyond the limit the entries used longest ago are removed, and what is used counts as young."""
    cache = Cache(tmp_path, limit_bytes=10 * BLOCK)
    keys = [f"{number:02x}" + "f" * 62 for number in range(10)]
    for age, key in enumerate(keys):
        cache.put(key, b"x")
        os.utime(tmp_path / key[:2] / key, ns=(age * 10**9, age * 10**9))
    assert cache.get(keys[0]) == b"x"
    cache.put("ee" + "f" * 62, b"y")
    left = {path.name for path in _entries(tmp_path)}
    assert left == {keys[0], *keys[3:], "ee" + "f" * 62}
    assert sum(path.stat().st_blocks * 512 for path in _entries(tmp_path)) <= 10 * BLOCK


def test_another_process_writing_is_counted(tmp_path: Path) -> None:
    """Room is made for what is there, whoever wrote it."""
    mine, other = Cache(tmp_path, 8 * BLOCK), Cache(tmp_path, 8 * BLOCK)
    for number in range(40):
        (mine if number % 2 else other).put(f"{number:02x}" + "0" * 62, b"x" * 5000)
    assert len(_entries(tmp_path)) * 2 <= 2 * 8
    assert mine.notes == other.notes == []


def test_a_payload_beyond_the_limit_is_not_kept(tmp_path: Path) -> None:
    """It is said once, and nothing is evicted for it."""
    cache = Cache(tmp_path, 2 * BLOCK)
    cache.put(KEY, b"small")
    for _ in range(3):
        cache.put("cd" + KEY, b"x" * 9000)
    assert cache.get(KEY) == b"small"
    assert len(cache.notes) == 1
    assert "too small" in cache.notes[0]


def test_a_full_disk_costs_time_alone(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are right though nothing can be written; no part is left behind, and a note says why."""
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name.endswith(".part"):
            real(path, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    cache = Cache(tmp_path)
    trials = trials_of(corpus, seed=1)
    scores = Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials)
    assert scores.probabilities.tobytes().hex() == _by_hand(corpus)
    assert [note for note in cache.notes if "No space left" in note] == cache.notes
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_is_a_file_costs_time_alone(corpus: Path, tmp_path: Path) -> None:
    """Nothing can be read or written there, and nothing breaks."""
    (tmp_path / "file").write_text("not a folder")
    cache = Cache(tmp_path / "file")
    scores = Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials_of(corpus, seed=1)[:2])
    assert len(scores) == 2
    assert cache.notes
    cache.update(KEY, lambda data: data or b"")


def test_parts_of_killed_processes_go(tmp_path: Path) -> None:
    """An old part is removed when room is made, a young one may still be under way."""
    cache = Cache(tmp_path, 100 * BLOCK)
    cache.put(KEY, b"x")
    old, young = tmp_path / "ab" / ".old.part", tmp_path / "ab" / ".young.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, ns=(0, 0))
    Cache(tmp_path, 100 * BLOCK).put("cd" + KEY, b"x")
    assert not old.exists()
    assert young.exists()


def test_updates_of_two_lose_nothing(tmp_path: Path) -> None:
    """What is merged is what is there now, not what was there at first."""
    one, two = Cache(tmp_path), Cache(tmp_path)
    one.update(KEY, lambda data: (data or b"") + b"1")
    two.update(KEY, lambda data: (data or b"") + b"2")
    one.update(KEY, lambda data: (data or b"") + b"3")
    assert two.get(KEY) == b"123"


def test_the_limit_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Megabytes, 2 GiB by default; what is no number is refused."""
    monkeypatch.delenv("VAXCTL_TUNE_CACHE_MB", raising=False)
    assert default_limit() == 2 << 30
    monkeypatch.setenv("VAXCTL_TUNE_CACHE_MB", "64")
    assert default_limit() == 64 << 20
    for wrong in ("much", "-1", "1.5"):
        monkeypatch.setenv("VAXCTL_TUNE_CACHE_MB", wrong)
        with pytest.raises(UnusableInput, match="VAXCTL_TUNE_CACHE_MB"):
            default_limit()


def test_the_folder_is_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VAXCTL_TUNE_CACHE_DIR, else the platform's caches."""
    monkeypatch.setenv("VAXCTL_TUNE_CACHE_DIR", str(tmp_path / "here"))
    assert Cache().folder == tmp_path / "here"
    monkeypatch.delenv("VAXCTL_TUNE_CACHE_DIR")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Cache().folder == tmp_path / "vaxctl" / "tune"


# -- under real processes


@pytest.fixture
def killed(corpus: Path, tmp_path: Path) -> Iterator[int]:
    """Score in a process that is killed after its second step; give how many trials were kept by then."""
    process = _started(corpus, tmp_path, "stop")
    assert process.stdin is not None
    assert process.stdout is not None
    told = process.stdout.readline()
    for _ in range(2):
        process.stdin.write("\n")
        process.stdin.flush()
        told = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    process.stdin.close()
    process.stdout.close()
    return int(told.split()[1])


def test_a_killed_run_goes_on_where_it_was(corpus: Path, tmp_path: Path, killed: int) -> None:
    """Kill -9 in the middle: the next run scores what is missing and nothing else, to the same bits."""
    assert 0 < killed < 10
    told: list[Progress] = []
    cache = Cache(tmp_path)
    scores = Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials_of(corpus, seed=1), told.append)
    assert told[0] == Progress(10, killed, 0)
    assert told[-1] == Progress(10, killed, 10 - killed)
    assert scores.probabilities.tobytes().hex() == _by_hand(corpus)
    assert cache.corrupt == 0


def test_a_write_that_was_torn_is_no_entry(corpus: Path, tmp_path: Path) -> None:
    """Kill -9 with half an entry written: what was whole before it is used, the half is not."""
    process = _started(corpus, tmp_path, "torn")
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert len(list(tmp_path.rglob("*.part"))) == 1
    told: list[Progress] = []
    cache = Cache(tmp_path)
    scores = Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials_of(corpus, seed=1), told.append)
    assert told[-1] == Progress(10, 3, 7)
    assert scores.probabilities.tobytes().hex() == _by_hand(corpus)


def test_two_at_once_agree(corpus: Path, tmp_path: Path) -> None:
    """Two processes on the same trials and folder: the same bits, each entry once and whole, no part left."""
    both = [_started(corpus, tmp_path, "run") for _ in range(2)]
    ends = [process.communicate(timeout=120)[0].splitlines()[-1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert ends == [f"{_by_hand(corpus)} 0"] * 2
    assert len(_entries(tmp_path)) == 10
    assert list(tmp_path.rglob("*.part")) == []


def test_a_flipped_bit_never_reaches_a_result(corpus: Path, tmp_path: Path) -> None:
    """A damaged score is computed again, and only that one."""
    trials, cache = trials_of(corpus, seed=1), Cache(tmp_path)
    first = Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials)
    victim = _entries(tmp_path)[3]
    data = bytearray(victim.read_bytes())
    data[60] ^= 0x10
    victim.write_bytes(data)
    told: list[Progress] = []
    again = Scorer(VadParameters(), rate_hz=8000, cache=cache).traces(trials, told.append)
    assert told[-1] == Progress(10, 9, 1)
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert cache.corrupt == 1
