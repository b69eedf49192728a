"""Trials from a corpus folder (docs/corpus.md): noises and speech over the agent, turns and held thoughts.

    noise, music       over the agent, not meaningful; of a long one several cuts of 5 s
    speech             over the agent, meaningful: each labelled utterance, stretches joined while they are
                       shorter than a second and no more than 0.6 s apart (as `corpus mix` joins them)
    turn: complete     a caller's turn, and an utterance over the agent
    turn: hold         a caller's turn with 0.3 to 2.5 s of the room alone put in where it could be over

A trial's group is who or what no split may cut through: the clip's `speaker`; else the voice that its id ends
in (from `female` or `male` on); else the recording that its id names, without the letter of the take; so at
worst the clip itself. Chance depends on the seed and the clip's id alone: other clips change nothing.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.errors import UnusableInput
from local_agent.scenarios.corpus_manifest import MANIFEST, ClipEntry, check_corpus
from local_agent.scenarios.reading import ScenarioUnusable
from local_agent.tuning.listening.composing import Sounds
from local_agent.tuning.listening.trial import SORTS, Piece, Trial, groups_by_sort

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from local_agent.tuning.listening.cache import Cache

QUIET_S: Final = 1.0
"""Bed before a sound over the agent; the network has settled by then."""
BEFORE_TURN_S: Final = 0.5
TAIL_S: Final = 4.3
"""Lane after a sound: the longest delay that a search tries (4 s), and what suppression is late by."""
ROOM_DBFS: Final = -50.0
"""The room in which turns are spoken and pauses are kept: without it the turn-end model hears a cut."""
OF_TURNS: Final = "--minimize premature_cutoff_rate,response_delay_ms_p90"
"""What can be asked of callers' turns alone, as it is typed."""
LONGEST_NOISE_S: Final = 5.5
CUT_S: Final = 5.0
MOST_CUTS: Final = 6
SHORT_SPEECH_S: Final = 0.6
_PAUSE_S: Final = (0.3, 2.5)
_ENOUGH_S: Final = 1.0
_GAP_S: Final = 0.6
_MARGIN_S: Final = 0.05
_VOICE = re.compile(r"(?:^|[-_.])((?:fe)?male[-_.].+)$", re.IGNORECASE)
_TAKE = re.compile(r"(?<=\d)[-_.][A-Za-z]$")


def trials_of(
    folder: Path,
    *,
    seed: int,
    snr_db: float | None = None,
    cache: Cache | None = None,
    sounds: Sounds | None = None,
) -> list[Trial]:
    """Return the corpus's trials; with `snr_db` each one a second time, in a noise so far below it.

    The whole of the audio is checked, once for each state of the corpus where a cache is given. Raises
    ScenarioUnusable where the corpus has findings, UnusableInput where there is nothing to make trials of.
    """
    sounds = sounds or Sounds()
    clips = _sound_clips(folder, cache, sounds)
    trials = [trial for clip in clips for trial in _of_clip(folder, clip, seed)]
    if not trials:
        raise UnusableInput(
            f"{folder / MANIFEST}: no clip can be tuned on",
            help="it needs clips of kind noise or music, speech with its `speech` labelled, or turn",
        )
    if snr_db is not None:
        from local_agent.tuning.listening.noisy import with_noise

        trials += with_noise(trials, folder, clips, snr_db=snr_db, seed=seed, sounds=sounds)
    return trials


def refuse_one_sided(trials: Sequence[Trial], *, floor: bool, turns: bool) -> None:
    """Raise UnusableInput where trials cannot tell what is asked: of the floor, of callers' turns, or of both.

    Where trials over the agent are all noise, or all speech, some setting is best at an end of the scale: never
    to stop, or always.
    """
    meaningful = {trial.meaningful for trial in trials if trial.situation == "over_agent"}
    has_turns = any(trial.situation == "caller_turn" for trial in trials)
    if turns and not has_turns:
        raise UnusableInput(
            "the audio has no caller's turn, and something of turns is asked for",
            help="add clips of kind turn, or calls with labels `turn`; or ask for what happens over the agent alone",
        )
    if not floor or len(meaningful) == len({True, False}):
        return
    instead = f"; or ask for what its turns tell: {OF_TURNS}" if has_turns and not turns else ""
    if not meaningful:
        raise UnusableInput(
            "nothing falls on the agent's speech: all that is labelled is callers' turns",
            help=f"add noise and speech: clips of it to the corpus, or labels of it to the calls{instead}",
        )
    there, missing = ("speech", "noise") if True in meaningful else ("noise", "speech")
    raise UnusableInput(
        f"all that falls on the agent's speech is {there}: any setting can be tuned to one class alone",
        help=f"add {missing}: clips of it to the corpus, or labels of it to the calls{instead}",
    )


def asked_of(trials: Sequence[Trial], *, floor: bool, turns: bool) -> tuple[list[Trial], list[str]]:
    """Return the trials to judge, and what is to be said of those that are left out.

    A part that nobody asks about is reported beside the rest, but where all of it comes from one speaker or call
    no split leaves some of it on both sides, and it is not worth refusing the rest for.
    """
    wanted = {"over_agent": floor, "caller_turn": turns}
    groups = groups_by_sort(trials)
    out = {sort: min(some) for sort, some in groups.items() if not wanted[sort[0]] and len(some) == 1}
    kept = [trial for trial in trials if (trial.situation, trial.meaningful) not in out]
    return kept, [f"left out: {SORTS[sort]}, all from {group}" for sort, group in sorted(out.items())]


def group_of(clip: ClipEntry) -> str:
    """Return the unit of independence that a clip belongs to."""
    voice = _VOICE.search(clip.id)
    if clip.speaker or (voice and clip.kind in {"speech", "turn"}):
        return clip.speaker or (voice.group(1) if voice else "")
    return _TAKE.sub("", clip.id)


def chance_of(seed: int, name: str) -> np.random.Generator:
    """Return the chance of one clip."""
    return np.random.default_rng(_number(seed, name))


def _number(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8])


def _sound_clips(folder: Path, cache: Cache | None, sounds: Sounds) -> list[ClipEntry]:
    """Return the checked clips; audio that was found sound before is not read to its end again."""
    clips, findings = check_corpus(folder, audio=cache is None)
    if cache is not None:
        key = "" if findings else _state(folder, clips, sounds)
        if not key or cache.get(key) is None:
            clips, findings = check_corpus(folder)  # labels and audio: what is wrong is told in one round
            if key and not findings:
                cache.put(key, b"sound")
    if findings:
        raise ScenarioUnusable(findings)
    return clips


def _state(folder: Path, clips: Sequence[ClipEntry], sounds: Sounds) -> str:
    """Return a hash of the manifest's labels and all files; empty where one is not there to be read."""
    state = hashlib.sha256(b"corpus 1")
    for clip in clips:
        if not (folder / clip.audio).is_file():
            return ""
        facts = f"{clip.id} {clip.audio} {clip.sample_rate_hz} {clip.duration_s} "
        state.update((facts + sounds.digest(str(folder / clip.audio)) + "\n").encode())
    return state.hexdigest()


def _of_clip(folder: Path, clip: ClipEntry, seed: int) -> Iterator[Trial]:
    chance = chance_of(seed, clip.id)
    audio = str(folder / clip.audio)
    if clip.kind in {"noise", "music"} and clip.duration_s > 0:
        yield from _noises(audio, clip, chance)
    elif clip.kind == "speech" and clip.speech:
        yield from _utterances(audio, clip, utterances(clip.speech), chance)
    elif clip.turn == "complete":
        yield _complete(audio, clip, chance)
        yield from _utterances(audio, clip, [_words(clip)], chance)
    elif clip.turn == "hold":
        yield _hold(audio, clip, chance)


def _noises(audio: str, clip: ClipEntry, chance: np.random.Generator) -> Iterator[Trial]:
    if clip.duration_s <= LONGEST_NOISE_S:
        cuts = [(0.0, clip.duration_s)]
    else:
        count = min(max(int(clip.duration_s / (2 * CUT_S)), 1), MOST_CUTS)
        room = clip.duration_s / count
        starts = [number * room + chance.uniform(0, room - CUT_S) for number in range(count)]
        cuts = [(round(start, 3), round(start + CUT_S, 3)) for start in starts]
    for number, (start, end) in enumerate(cuts, 1):
        at = round(QUIET_S + chance.uniform(0, 0.25), 3)
        sound_end = at + end - start
        yield Trial(
            name=f"{clip.id}/noise-{number}",
            situation="over_agent",
            sound_class=clip.sound_class or clip.kind,
            meaningful=False,
            group=group_of(clip),
            onset_s=at,
            end_s=sound_end,
            duration_s=sound_end + TAIL_S,
            pieces=(Piece(audio, at, start, end),),
            seed=int(chance.integers(2**31)),
        )


def _utterances(
    audio: str, clip: ClipEntry, spans: Sequence[tuple[float, float]], chance: np.random.Generator
) -> Iterator[Trial]:
    ends = [0.0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), clip.duration_s]
    for number, (start, end) in enumerate(spans):
        before = max(start - _MARGIN_S, ends[number], 0.0)
        after = min(end + _MARGIN_S, starts[number + 1], clip.duration_s)
        at = round(QUIET_S + chance.uniform(0, 0.25), 3)
        onset = at + start - before
        yield Trial(
            name=f"{clip.id}/speech-{number + 1}",
            situation="over_agent",
            sound_class="short-speech" if end - start < SHORT_SPEECH_S else "speech",
            meaningful=True,
            group=group_of(clip),
            onset_s=onset,
            end_s=onset + end - start,
            duration_s=onset + end - start + TAIL_S,
            pieces=(Piece(audio, at, before, after),),
            seed=int(chance.integers(2**31)),
        )


def utterances(stretches: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return stretches of speech joined to what somebody says in one breath."""
    joined = [stretches[0]]
    for (_, before), (start, end) in pairwise(stretches):
        first, last = joined[-1]
        if last - first < _ENOUGH_S and start - before <= _GAP_S:
            joined[-1] = (first, end)
        else:
            joined.append((start, end))
    return joined


def _words(clip: ClipEntry) -> tuple[float, float]:
    """Return where a turn's speech is: its words, else the clip up to its turn point or end."""
    if clip.words:
        return clip.words[0][1], min(clip.words[-1][2], clip.duration_s)
    whole = clip.turn_point_s if clip.turn == "complete" else None
    return 0.0, min(whole or clip.duration_s, clip.duration_s)


def _complete(audio: str, clip: ClipEntry, chance: np.random.Generator) -> Trial:
    start, _ = _words(clip)
    end = min(clip.turn_point_s or clip.duration_s, clip.duration_s)
    at = round(BEFORE_TURN_S + chance.uniform(0, 0.25), 3)
    return _turn(clip, (Piece(audio, at),), (at + start, at + end), at + clip.duration_s, chance)


def _hold(audio: str, clip: ClipEntry, chance: np.random.Generator) -> Trial:
    start, end = _words(clip)
    point = min(clip.turn_point_s or clip.duration_s, clip.duration_s)
    at = round(BEFORE_TURN_S + chance.uniform(0, 0.25), 3)
    pause = round(chance.uniform(*_PAUSE_S), 3)
    pieces = [Piece(audio, at, 0.0, point)]
    if point < clip.duration_s:
        pieces.append(Piece(audio, at + point + pause, point))
    return _turn(
        clip, tuple(pieces), (at + start, at + max(end, point) + pause), at + clip.duration_s + pause, chance
    )


def _turn(
    clip: ClipEntry,
    pieces: tuple[Piece, ...],
    sound: tuple[float, float],
    sound_end_s: float,
    chance: np.random.Generator,
) -> Trial:
    return Trial(
        name=f"{clip.id}/turn",
        situation="caller_turn",
        sound_class=clip.turn or "turn",
        meaningful=True,
        group=group_of(clip),
        onset_s=sound[0],
        end_s=sound[1],
        duration_s=max(sound_end_s, sound[1]) + TAIL_S,
        pieces=pieces,
        bed_dbfs=ROOM_DBFS,
        seed=int(chance.integers(2**31)),
    )
