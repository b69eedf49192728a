"""Render the shipped scenarios' utterances once, so that they sound without the extra `voice`.

`python -m local_agent.scenarios.prerender [--all | --check]`: renders what the scenarios say and the folder
lacks, with the extra's voice, and drops what no scenario says any more; `--all` renders everything again.
`--check` writes nothing and exits 1 where something is missing or too much.

The same scenarios and packages give the same bytes. Files keep 13 bits a sample: their rounding is at -83 dBFS,
under the floor of any line here, and a third of the size goes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from local_agent.errors import LocalAgentError
from local_agent.scenarios.agent_side import agent_texts
from local_agent.scenarios.reading import load_scenarios
from local_agent.scenarios.shipped import shipped_folder, spoken_folder
from local_agent.voices.spoken_voice import MANIFEST, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from local_agent.record import SpokenTurn
    from local_agent.scenarios.model import Scenario
    from local_agent.voices.voice import Voice

ABOUT = {
    "voice": "heart (American English, female)",
    "package": "hibari-tts",
    "licence": "Apache-2.0",
    "attribution": (
        "Made with hibari-tts, Copyright 2026 Maureese Williams, Apache-2.0. Its voice was distilled from Kokoro-82M "
        "(af_heart) by hexgrad, Apache-2.0."
    ),
}
_STEP = 8
"""16-bit samples are rounded to this: 13 bits."""


def texts_of(scenarios: Iterable[Scenario]) -> list[str]:
    """Return what scenarios say through a voice, agents and callers, once each, in order of the alphabet."""
    said: set[str] = set()
    for scenario in scenarios:
        said.update(agent_texts(scenario))
        said.update(event.say for event in scenario.caller if event.say is not None)
    return sorted(said)


def render(texts: Iterable[str], folder: Path, voice: Voice, *, again: bool = False) -> list[str]:
    """Make a folder hold these utterances and no other; return the texts that were rendered.

    A file that is there and sound by its digest stays, but with `again`. The manifest is written last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {} if again else {entry["text"]: entry for entry in _entries(folder)}
    entries, rendered = [], []
    for text in texts:
        entry = known.get(text)
        if entry is None or not _sound(folder, entry):
            entry = _written(text, voice.speak(text, SAMPLE_RATE_HZ), folder)
            rendered.append(text)
        entries.append(entry)
    about = {**ABOUT, "version": version(ABOUT["package"]), "sample_rate_hz": SAMPLE_RATE_HZ}
    lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    head = json.dumps(about, indent=2, ensure_ascii=False).removesuffix("\n}")
    (folder / MANIFEST).write_text(f'{head},\n  "utterances": [\n{lines}\n  ]\n}}\n', "utf-8", newline="\n")
    kept = {entry["file"] for entry in entries}
    for file in folder.glob("*.flac"):
        if file.name not in kept:
            file.unlink()
    return rendered


def _entries(folder: Path) -> list[dict[str, Any]]:
    if not (folder / MANIFEST).is_file():
        return []
    entries: list[dict[str, Any]] = json.loads((folder / MANIFEST).read_text("utf-8"))["utterances"]
    return entries


def _sound(folder: Path, entry: dict[str, Any]) -> bool:
    file = folder / str(entry["file"])
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == str(entry["sha256"])


def _written(text: str, turn: SpokenTurn, folder: Path) -> dict[str, Any]:
    """Write an utterance's file and return its entry."""
    import soundfile

    pcm = np.clip(np.rint(turn.samples * 32_768 / _STEP) * _STEP, -32_768, 32_768 - _STEP).astype(np.int16)
    flac = io.BytesIO()
    soundfile.write(flac, pcm, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    name = f"{'-'.join(re.findall(r'[a-z]+', text.lower())[:4])}-{hashlib.sha256(text.encode()).hexdigest()[:6]}.flac"
    (folder / name).write_bytes(flac.getvalue())
    return {
        "text": text,
        "file": name,
        "samples": len(pcm),
        "sha256": hashlib.sha256(flac.getvalue()).hexdigest(),
        "words": [[word.text, word.start_sample, word.end_sample] for word in turn.words],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Render or check the shipped scenarios' utterances; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local_agent.scenarios.prerender", description=__doc__)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--all", action="store_true", help="render everything again")
    either.add_argument("--check", action="store_true", help="write nothing; exit 1 where something differs")
    arguments = parser.parse_args(argv)
    try:
        wanted = texts_of(load_scenarios([shipped_folder()]))
        if arguments.check:
            return _checked(wanted)
        from local_agent.voices.hibari_voice import HibariVoice

        rendered = render(wanted, spoken_folder(), HibariVoice(), again=arguments.all)
    except LocalAgentError as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"  help: {error.help}\n" if error.help else ""))
        return 1
    sys.stdout.write("".join(f"rendered {text!r}\n" for text in rendered))
    sys.stdout.write(f"{len(wanted)} utterances in {spoken_folder()}, {len(rendered)} of them new\n")
    return 0


def _checked(wanted: Sequence[str]) -> int:
    there = {entry["text"] for entry in _entries(spoken_folder()) if _sound(spoken_folder(), entry)}
    for text in sorted({*wanted} ^ there):
        sys.stdout.write(f"{'missing' if text not in there else 'not said by any scenario'}: {text!r}\n")
    return 0 if {*wanted} == there else 1


if __name__ == "__main__":
    sys.exit(main())
