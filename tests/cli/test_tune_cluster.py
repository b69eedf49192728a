"""`vaxctl tune --cluster`: the same documents as without, exit codes that say whose fault it is, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Cli = Callable[..., Any]

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        find_spec("distributed") is None, reason="needs the extra `cluster`: pip install 'vaxctl[cluster]'"
    ),
]

RATE = 16_000
FEW = ("--grid", "vad.threshold=0.3,0.5", "--grid", "vad.min_speech_ms=100,300")
LOCAL = ("--cluster", "local", "--workers", "2")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep off this machine's cache and models: turns end by silence alone."""
    monkeypatch.setenv("VAXCTL_TUNE_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path / "no-models"))


@pytest.fixture
def calls(folder: Path) -> Path:
    """Return a folder of four stereo calls of 6 s, a noise at 1 s and speech-like sound at 3 s, with their labels."""
    import soundfile

    (folder / "calls").mkdir()
    rows = ["file,start_s,end_s,label,class"]
    for number in range(4):
        chance = np.random.default_rng(number)
        both = np.zeros((6 * RATE, 2), np.float32)
        both[:, 0] = chance.standard_normal(6 * RATE) * 1e-3
        both[RATE : RATE + RATE // 2, 0] += chance.standard_normal(RATE // 2) * 0.1
        time = np.arange(RATE) / RATE
        both[3 * RATE : 4 * RATE, 0] += 0.2 * np.sin(2 * np.pi * 150 * time) * np.sin(2 * np.pi * 4 * time)
        soundfile.write(folder / "calls" / f"{number}.wav", both.clip(-1, 1), RATE, subtype="PCM_16")
        rows += [f"{number}.wav,1.0,1.5,noise,bang", f"{number}.wav,3.0,4.0,barge_in,"]
    (folder / "calls" / "labels.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder / "calls"


def test_a_cluster_gives_the_document_of_one_process(cli: Cli, calls: Path, profile: Path) -> None:
    """To the byte; the rate is the files' own without --rate, and labels may lie elsewhere."""
    asked = ("tune", profile, "--from-calls", calls, *FEW, "--json")
    here = cli(*asked)
    assert here.code == 0, here.err
    there = cli(*asked, *LOCAL, "--html", "there.html")
    assert (there.code, there.out) == (0, here.out), there.err
    labels = (calls / "labels.csv").rename(calls.parent / "mine.csv")
    assert cli(*asked, *LOCAL, "--labels", labels).out == here.out
    cli(*asked, "--labels", labels, "--html", "here.html")
    pages = [Path(name).read_text("utf-8") for name in ("here.html", "there.html")]
    assert pages[0].count("data:audio") == pages[1].count("data:audio") > 0, (
        "clips are made of what was cached"
    )


def test_files_that_do_not_fit(cli: Cli, calls: Path, profile: Path) -> None:
    """Mixed rates and a broken file are told in one run, each by name; exit 3."""
    import soundfile

    samples, _ = soundfile.read(calls / "2.wav")
    soundfile.write(calls / "2.wav", samples[::2], RATE // 2)
    (calls / "3.wav").write_bytes(b"RIFF")
    ran = cli("tune", profile, "--from-calls", calls, *FEW, *LOCAL)
    assert ran.code == 3
    said = " ".join(ran.err.split())
    assert "2 files cannot be used" in said
    assert "2.wav has 8000 Hz, the first file has 16000 Hz" in said
    assert "3.wav" in said


def test_one_class_alone(cli: Cli, calls: Path, profile: Path) -> None:
    """It is refused as without a cluster."""
    labels = calls / "labels.csv"
    rows = [row for row in labels.read_text("utf-8").splitlines() if ",noise," not in row]
    labels.write_text("\n".join(rows) + "\n", "utf-8")
    ran = cli("tune", profile, "--from-calls", calls, *FEW, *LOCAL)
    assert (ran.code, "any setting can be tuned to one class alone" in " ".join(ran.err.split())) == (3, True)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("foo://host:1", "is no scheduler's address: unknown address scheme 'foo'"),
        ("somewhere", "is no scheduler's address: missing port"),
        ("tls://127.0.0.1:9", "TLS expects"),
    ],
)
def test_addresses(cli: Cli, calls: Path, profile: Path, address: str, said: str) -> None:
    """What is no cluster is unusable input: exit 3, with what to give instead."""
    ran = cli("tune", profile, "--from-calls", calls, *FEW, "--cluster", address)
    told = " ".join(ran.err.split())
    assert (ran.code, said in told, address in told) == (3, True, True), ran.err


def test_an_interrupt_leaves_nothing(calls: Path, profile: Path) -> None:
    """Ctrl-C goes to the workers, too: exit 130, no word of theirs on stderr, and all of them are gone."""
    command = [sys.executable, "-m", "vaxctl", "tune", str(profile), "--from-calls", str(calls), *LOCAL]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        try:
            _until_children(running.pid, 3)
            os.killpg(running.pid, signal.SIGINT)
            out, err = running.communicate(timeout=240)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
    assert (running.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert "distributed" not in err
    assert _all_gone(running.pid)


def _all_gone(group: int) -> bool:
    """Tell whether a group of processes has ended, waited for as long as it takes.

    What has ended and waits for a parent that takes note of it, which a container may not have, has ended.
    """
    psutil = pytest.importorskip("psutil")
    for _ in range(1200):
        left = []
        for one in psutil.process_iter():
            with suppress(ProcessLookupError, psutil.Error):
                if os.getpgid(one.pid) == group and one.status() != psutil.STATUS_ZOMBIE:
                    left.append(one.pid)
        if not left:
            return True
        sleep(0.05)
    return False


def _until_children(pid: int, count: int) -> None:
    """Wait until a process has so many children: two workers, and what multiprocessing starts for them."""
    psutil = pytest.importorskip("psutil")
    for _ in range(4800):
        if len(psutil.Process(pid).children(recursive=True)) >= count:
            return
        sleep(0.05)
    raise AssertionError("no workers came")
