"""Lanes: the same samples each time, pieces where they belong, nothing else in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.tuning.listening.composing import Sounds, lane, rate_for, recipe, window_samples
from local_agent.tuning.listening.trial import Piece, Trial

if TYPE_CHECKING:
    from pathlib import Path

NO_BED = -200.0


def _write(path: Path, samples: np.ndarray, rate: int = 16_000) -> str:
    import soundfile

    soundfile.write(path, samples, rate, subtype="FLOAT")
    return str(path)


def _trial(*pieces: Piece, duration_s: float = 1.0, bed_dbfs: float = NO_BED, seed: int = 0) -> Trial:
    return Trial("t", "over_agent", "c", False, "g", 0.2, 0.5, duration_s, pieces, bed_dbfs, seed)


@pytest.fixture
def steady(tmp_path: Path) -> str:
    """Return a file of one second at 0.5."""
    return _write(tmp_path / "steady.wav", np.full(16_000, 0.5, np.float32))


@pytest.mark.parametrize("rate", [8000, 16_000])
def test_lanes_are_whole_windows(steady: str, rate: int) -> None:
    """The duration rounded up, at either rate."""
    samples = lane(_trial(Piece(steady, 0.0), duration_s=1.001), rate)
    assert len(samples) == 32 * window_samples(rate)
    assert samples.dtype == np.float32


def test_pieces_stand_where_they_begin(steady: str) -> None:
    """To the sample, at their gain, added to each other, zero elsewhere."""
    samples = lane(_trial(Piece(steady, 0.25, 0.0, 1.0, -6.0206), Piece(steady, 0.75)), 16_000)
    assert samples[3999] == 0.0
    assert samples[4000] == pytest.approx(0.25, rel=1e-4)
    assert samples[11_999] == pytest.approx(0.25, rel=1e-4)
    assert samples[12_000] == pytest.approx(0.75, rel=1e-4)


def test_cuts_fade_and_ends_do_not(steady: str) -> None:
    """Where a file is cut the wave has no step; where it begins and ends by itself it is left alone."""
    cut = lane(_trial(Piece(steady, 0.0, 0.2, 0.7)), 16_000)
    assert cut[0] == pytest.approx(0.5 / 80)
    assert cut[79:7921] == pytest.approx(0.5)
    assert cut[7999] == pytest.approx(0.5 / 80)
    whole = lane(_trial(Piece(steady, 0.0)), 16_000)
    assert whole[:16_000] == pytest.approx(0.5)


def test_the_bed_is_the_seeds(steady: str) -> None:
    """Its level is what was asked for; the same seed gives the same bed, another another."""
    trial = _trial(bed_dbfs=-50.0, duration_s=4.0, seed=5)
    bed = lane(trial, 8000)
    assert 20 * np.log10(np.std(bed)) == pytest.approx(-50.0, abs=0.2)
    np.testing.assert_array_equal(bed, lane(trial, 8000))
    assert not np.array_equal(bed, lane(replace(trial, seed=6), 8000))


def test_samples_are_held_to_full_scale(steady: str) -> None:
    """Sums beyond 1 are clipped, as a line does."""
    assert lane(_trial(Piece(steady, 0.0, gain_db=20.0)), 16_000).max() == 1.0


def test_decoded_files_are_never_changed(steady: str) -> None:
    """Gains and fades are a lane's own: the next one begins with the file."""
    sounds = Sounds()
    for _ in range(2):
        samples = lane(_trial(Piece(steady, 0.0, 0.1, 0.6, -3.0)), 16_000, sounds)
    np.testing.assert_array_equal(samples, lane(_trial(Piece(steady, 0.0, 0.1, 0.6, -3.0)), 16_000))


def test_memory_is_bounded(tmp_path: Path) -> None:
    """Beyond the budget the file used longest ago is let go, and read again when it is needed."""
    files = [_write(tmp_path / f"{n}.wav", np.full(1000, n / 10, np.float32)) for n in range(4)]
    sounds = Sounds(memo_bytes=8_000)
    for number, file in enumerate(files):
        assert sounds.samples(file, 16_000)[0] == pytest.approx(number / 10)
    assert sum(one.nbytes for one in sounds._decoded.values()) <= 8_000
    assert sounds.samples(files[0], 16_000)[0] == 0.0


def test_a_piece_beyond_its_file_is_refused(steady: str) -> None:
    """With the file's name and length."""
    with pytest.raises(UnusableInput, match=r"steady\.wav: lasts 1\.000 s"):
        lane(_trial(Piece(steady, 0.0, 1.5, 2.0)), 16_000)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file is a finding, for its samples and for its hash."""
    with pytest.raises(UnusableInput, match="no such file"):
        lane(_trial(Piece(str(tmp_path / "gone.wav"), 0.0)), 16_000)
    with pytest.raises(UnusableInput, match="cannot be read"):
        Sounds().digest(str(tmp_path / "gone.wav"))


def test_recipes_tell_lanes_apart(steady: str, tmp_path: Path) -> None:
    """All that changes a lane changes its recipe; names and labels do not."""
    trial = _trial(Piece(steady, 0.1), bed_dbfs=-60.0)
    sounds = Sounds()
    copy = _write(tmp_path / "copy.wav", np.full(16_000, 0.5, np.float32))
    other = _write(tmp_path / "other.wav", np.full(16_000, 0.4, np.float32))
    same = [
        trial,
        replace(trial, name="x", group="y", sound_class="z", meaningful=True),
        replace(trial, pieces=(Piece(copy, 0.1),)),
    ]
    assert len({recipe(one, 8000, sounds) for one in same}) == 1
    different = [
        replace(trial, seed=1),
        replace(trial, bed_dbfs=-61.0),
        replace(trial, duration_s=1.5),
        *(
            replace(trial, pieces=(piece,))
            for piece in (
                Piece(other, 0.1),
                Piece(steady, 0.2),
                Piece(steady, 0.1, 0.1),
                Piece(steady, 0.1, 0.0, 0.9),
                Piece(steady, 0.1, gain_db=1.0),
            )
        ),
    ]
    recipes = {recipe(one, 8000, sounds) for one in (trial, *different)} | {recipe(trial, 16_000, sounds)}
    assert len(recipes) == len(different) + 2


def test_mixed_rates_are_refused(tmp_path: Path) -> None:
    """Telephone audio among other audio says what to do; 8000 Hz takes all; one rate is its own."""
    narrow = _write(tmp_path / "narrow.wav", np.zeros(800, np.float32), 8000)
    wide = _write(tmp_path / "wide.wav", np.zeros(1600, np.float32))
    studio = _write(tmp_path / "studio.wav", np.zeros(4800, np.float32), 48_000)
    low, high, highest = (_trial(Piece(file, 0.0)) for file in (narrow, wide, studio))
    with pytest.raises(UnusableInput, match="1 at 8000 Hz") as refused:
        rate_for([low, high])
    assert "tune at 8000 Hz" in (refused.value.help or "")
    with pytest.raises(UnusableInput, match="16000 Hz is more"):
        rate_for([low], 16_000)
    assert rate_for([low, high], 8000) == 8000
    assert rate_for([high, highest]) == rate_for([high], 16_000) == 16_000
    assert rate_for([low]) == 8000
