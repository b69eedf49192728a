"""Labelled scenarios composed from a corpus: noises and speech over prompts, turns and holds after them.

Scenario number i depends on the seed, i and the corpus's sound clips alone, so a longer mix begins with the
shorter one. Clips are copied byte by byte, never held in memory.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
from ruamel.yaml import YAML

from local_agent.errors import UnusableInput
from local_agent.scenarios.corpus_edges import Source, cut_ms, sounding_start_ms, spoken_ms
from local_agent.scenarios.corpus_manifest import ClipEntry, check_corpus
from local_agent.scenarios.model import SCHEMA, TELEPHONE_HZ
from local_agent.scenarios.reading import ScenarioUnusable
from local_agent.scenarios.whole_folder import whole_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Compose = Callable[["Shelf", np.random.Generator], tuple[dict[str, Any], list[ClipEntry]]]

SHORTEST_PROMPT_S = 1.5
PAUSE_MS = (300, 2_500)
LONGEST_NOISE_S = 4.0
MOST = 100_000


class Shelf:
    """A corpus's clips by what they can be used for, and where their audio is."""

    def __init__(self, source: Source, clips: Sequence[ClipEntry]) -> None:
        self.source = source
        self.prompts = [c for c in clips if c.kind == "agent" and c.duration_s >= SHORTEST_PROMPT_S]
        self.noises = [c for c in clips if c.kind in ("noise", "music") and c.duration_s > 0]
        self.speech = [c for c in clips if (c.kind == "speech" and c.speech) or c.turn == "complete"]
        self.holds = [c for c in clips if c.turn == "hold"]
        self.complete = [c for c in clips if c.turn == "complete"]

    def kinds(self) -> list[tuple[str, Compose]]:
        """Return what can be composed; raise UnusableInput where that is nothing."""
        able: list[tuple[str, Compose, list[ClipEntry]]] = [
            ("noise-over-agent", _noise_over_agent, self.noises),
            ("speech-over-agent", _speech_over_agent, self.speech),
            ("hold", _hold, self.holds),
            ("complete", _complete, self.complete),
        ]
        kinds = [(name, compose) for name, compose, needed in able if needed and self.prompts]
        if not kinds:
            raise UnusableInput(
                f"the corpus has nothing to compose ({len(self.prompts)} long enough prompts)",
                help="it needs clips of kind agent, and some of noise, music, speech or turn",
            )
        return kinds


def mix_corpus(folder: Path, out: Path, *, seed: int, count: int, sample_rate_hz: int = 8_000) -> list[str]:
    """Write `count` scenarios and the clips they use to `out`, all or nothing; return the scenarios' names.

    Raises ScenarioUnusable where the corpus has findings, UnusableInput where `out` holds something already,
    lies in the corpus, or cannot be written.
    """
    if not 1 <= count <= MOST:
        raise UnusableInput(f"{count} scenarios: give a count from 1 to {MOST}")
    _check_out(folder, out)
    clips, findings = check_corpus(folder)
    if findings:
        raise ScenarioUnusable(findings)
    shelf = Shelf(Source(folder, sample_rate_hz), clips)
    kinds = shelf.kinds()
    with whole_folder(out) as partial:
        return _write(partial, shelf, kinds, seed=seed, count=count)


def _check_out(folder: Path, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UnusableInput(f"{out}: is there already", help="name a folder that is not there yet")
    if out.resolve().is_relative_to(folder.resolve()):
        raise UnusableInput(
            f"{out}: is inside the corpus", help="what is composed of a corpus does not belong into it"
        )


def _write(
    out: Path,
    shelf: Shelf,
    kinds: list[tuple[str, Compose]],
    *,
    seed: int,
    count: int,
) -> list[str]:
    (out / "audio").mkdir(parents=True)
    used: dict[str, ClipEntry] = {}
    names = []
    for number in range(count):
        kind, compose = kinds[number % len(kinds)]
        rng = np.random.default_rng([seed, number])
        name = f"mix-{number:05d}-{kind}"
        body, clips = compose(shelf, rng)
        whole = {
            "schema": SCHEMA,
            "name": name,
            "description": "Composed of " + ", ".join(clip.id for clip in clips),
            "sample_rate_hz": shelf.source.rate_hz,
            "seed": int(rng.integers(2**31)),
            **body,
            **_surroundings(rng, shelf.source.rate_hz),
        }
        with (out / f"{name}.yaml").open("w", encoding="utf-8", newline="\n") as stream:
            _yaml().dump(whole, stream)
        used.update({clip.id: clip for clip in clips})
        names.append(name)
    for clip in used.values():
        shutil.copyfile(shelf.source.folder / clip.audio, out / _file(clip))
    rows = [(c.id, c.origin or "", c.license or "") for c in sorted(used.values(), key=lambda c: c.id)]
    lines = [
        "\t".join(" ".join(cell.split()) for cell in row) for row in [("id", "origin", "license"), *rows]
    ]
    (out / "SOURCES.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return names


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    return yaml


def _surroundings(rng: np.random.Generator, rate_hz: int) -> dict[str, Any]:
    """Half of the calls have a bed, a third a room; telephone lines lose packets in one call of four."""
    parts: dict[str, Any] = {}
    bed, room, losses = rng.random(3)
    if bed < 0.5:  # noqa: PLR2004 - said above, as the shares below
        noise = str(rng.choice(["hvac", "street", "pink", "wind"]))
        parts["background"] = [{"noise": noise, "snr_db": int(rng.integers(10, 26))}]
    if room < 1 / 3:
        parts["room"] = {
            "rt60_ms": int(rng.integers(150, 500)),
            "direct_to_reverb_db": int(rng.integers(3, 13)),
        }
    if rate_hz == TELEPHONE_HZ:
        lost: dict[str, float] = {"loss_ratio": 0.02, "burst_packets": 2} if losses < 0.25 else {}  # noqa: PLR2004
        parts["line"] = {"codec": "mu_law", **lost}
    return parts


def _pick(clips: list[ClipEntry], rng: np.random.Generator) -> ClipEntry:
    return clips[int(rng.integers(len(clips)))]


def _file(clip: ClipEntry) -> str:
    return f"audio/{clip.id}{os.path.splitext(clip.audio)[1].lower()}"  # noqa: PTH122 - a text, no path of this machine


def _prompt(
    clips: list[ClipEntry], rng: np.random.Generator, *, expects_answer: bool
) -> tuple[ClipEntry, dict[str, Any]]:
    clip = _pick(clips, rng)
    turn = {"audio": _file(clip), "transcript": clip.transcript or "", "expects_answer": expects_answer}
    return clip, {key: value for key, value in turn.items() if value != ""}


def _over(prompt: ClipEntry, rng: np.random.Generator) -> dict[str, int]:
    """Return a start while the prompt plays, with at least 0.7 s of it to come."""
    latest = max(int(prompt.duration_s * 1000) - 700, 250)
    return {"agent_turn": 0, "after_start_ms": int(rng.integers(200, latest + 1))}


def _noise_over_agent(shelf: Shelf, rng: np.random.Generator) -> tuple[dict[str, Any], list[ClipEntry]]:
    prompt, turn = _prompt(shelf.prompts, rng, expects_answer=False)
    classes = sorted({clip.sound_class or clip.kind for clip in shelf.noises})
    sound_class = str(rng.choice(classes))
    clip = _pick([c for c in shelf.noises if (c.sound_class or c.kind) == sound_class], rng)
    event: dict[str, Any] = {
        "audio": _file(clip),
        "class": sound_class,
        "start": _over(prompt, rng),
        "expect": "ignore",
        "level_dbfs": int(rng.integers(-32, -19)),
    }
    longest = LONGEST_NOISE_S + 1.5
    if clip.duration_s > longest:
        start = sounding_start_ms(shelf.source, clip, int(LONGEST_NOISE_S * 1000), rng)
        event |= {"from_ms": start, "to_ms": start + int(LONGEST_NOISE_S * 1000)}
    return {"agent": [turn], "caller": [event]}, [prompt, clip]


def _speech_over_agent(shelf: Shelf, rng: np.random.Generator) -> tuple[dict[str, Any], list[ClipEntry]]:
    prompt, turn = _prompt(shelf.prompts, rng, expects_answer=False)
    clip = _pick(shelf.speech, rng)
    event = {**_spoken(shelf, clip, rng), "start": _over(prompt, rng), "expect": "barge_in"}
    return {"agent": [turn], "caller": [event]}, [prompt, clip]


def _spoken(shelf: Shelf, clip: ClipEntry, rng: np.random.Generator) -> dict[str, Any]:
    """Return a stretch of labelled speech: one utterance of a long clip, the whole of a short one."""
    part: dict[str, Any] = {"audio": _file(clip), "level_dbfs": int(rng.integers(-30, -21))}
    if clip.transcript and clip.turn is not None:
        part["transcript"] = clip.transcript
    if not clip.speech:
        return part | _bounds(shelf, clip)
    first = int(rng.integers(len(clip.speech)))
    start, end = clip.speech[first]
    for next_start, next_end in clip.speech[first + 1 :]:
        if end - start >= 1.0 or next_start - end > 0.6:  # noqa: PLR2004 - a second of speech, without long gaps
            break
        end = next_end
    low, high = round(start * 1000), min(round(end * 1000), int(clip.duration_s * 1000))
    cut = max(0, low - 50)
    return part | {"from_ms": cut, "to_ms": high, "onset_ms": low - cut, "offset_ms": high - cut}


def _bounds(shelf: Shelf, clip: ClipEntry) -> dict[str, Any]:
    edges = spoken_ms(shelf.source, clip)
    return {} if edges is None else {"onset_ms": edges[0], "offset_ms": edges[1]}


def _turn(
    shelf: Shelf, rng: np.random.Generator, clips: list[ClipEntry]
) -> tuple[dict[str, Any], list[ClipEntry]]:
    """Return a prompt, a caller's turn after it, and another prompt for what the agent says then.

    Without it the agent would be silent whenever it takes the turn to be over, so nobody could be cut off, and
    no delay could be measured.
    """
    (answer_rng,) = rng.spawn(1)
    prompt, turn = _prompt(shelf.prompts, rng, expects_answer=True)
    clip = _pick(clips, rng)
    event: dict[str, Any] = {
        "audio": _file(clip),
        "start": {"agent_turn": 0, "after_end_ms": int(rng.integers(200, 1_000))},
        "expect": "turn_end",
        "level_dbfs": int(rng.integers(-30, -21)),
        **_bounds(shelf, clip),
    }
    if clip.transcript:
        event["transcript"] = clip.transcript
    others = [other for other in shelf.prompts if other.id != prompt.id] or [prompt]
    answer, follow_up = _prompt(others, answer_rng, expects_answer=False)
    return {"agent": [turn, follow_up], "caller": [event]}, [prompt, clip, answer]


def _hold(shelf: Shelf, rng: np.random.Generator) -> tuple[dict[str, Any], list[ClipEntry]]:
    body, clips = _turn(shelf, rng, shelf.holds)
    length = int(rng.integers(PAUSE_MS[0], PAUSE_MS[1] + 1))
    at_ms = cut_ms(shelf.source, clips[1], round((clips[1].turn_point_s or 0) * 1000))
    body["caller"][0]["pauses"] = [{"at_ms": at_ms, "duration_ms": length}]
    return body, clips


def _complete(shelf: Shelf, rng: np.random.Generator) -> tuple[dict[str, Any], list[ClipEntry]]:
    return _turn(shelf, rng, shelf.complete)
