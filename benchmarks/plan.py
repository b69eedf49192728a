"""The cost of planning N profiles beside the bare GETs of the same N objects, in one run.

    python benchmarks/plan.py [--sizes 10,100,1000] [--vendor vapi|retell] [--repeats N] [--json] [--profile]

A sandbox with N agents is served on loopback by a process of its own; N profiles extend one base. Per size and
round four things are timed, in turn:

    bare     concurrent GETs of the N objects and nothing else: the wire's own httpx client, same concurrency
    check    validate and compile the N profiles in this process (gather): no request, one thread
    library  the same, then read and plan (gather → plan_fleet); from 20 Vapi assistants on it reads the list
    cli      `vaxctl plan FOLDER --json` as a process, its start-up included

Medians are printed, with their ratio to `bare` and the growth of the cost per profile from size to size. Nothing
here fails because of a clock.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vaxctl import __version__
from vaxctl.__main__ import settle
from vaxctl.cli.gathering import gather, usable, wanted_targets
from vaxctl.plan.fleet import plan_fleet
from vaxctl.sandbox import seed as seeds
from vaxctl.sandbox.members import dump, edit, parse
from vaxctl.sandbox.model import Sandbox
from vaxctl.sandbox.serve import serve
from vaxctl.vendors.wire.connection import ConnectionSettings, open_client
from vaxctl.vendors.wire.endpoint import Endpoint
from vaxctl.vendors.wire.opening import open_wire
from vaxctl.vendors.wire.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vaxctl.sandbox.store import Row

AIM = 1.5
"""The most that `library` may cost, in units of `bare`; from the project's first issue."""
TIMED = ("bare", "check", "library", "cli")
KEY = "benchmark"
BASE = """\
schema: vaxctl/v1
name: benchmark-base
language: en-GB
vad: {threshold: 0.55, min_speech_ms: 200}
noise_suppression: {engine: platform}
endpointing: {mode: semantic, delay_ms: 400, max_delay_ms: 2500}
barge_in: {enabled: true, backoff_ms: 500, ignore_phrases: [mm-hmm, right]}
silence: {reminder_after_ms: 10000, hang_up_after_ms: 30000}
context_preservation: {enabled: true, variables: {company: Larkspur}}
"""
LEAF = """\
schema: vaxctl/v1
extends: [../base.yaml]
name: benchmark-{number:05}
call_type: outbound-qualification
endpointing: {{delay_ms: {delay_ms}}}
targets:
  {vendor}: {{{field}: {id}}}
"""


@dataclass(slots=True)
class Sized:
    """Seconds of each round for one size, by what was timed."""

    size: int
    requests: int
    seconds: dict[str, list[float]] = field(default_factory=lambda: {what: [] for what in TIMED})

    def median_s(self, what: str) -> float:
        """Return the median of one kind of round, in seconds."""
        return statistics.median(self.seconds[what])

    def per_profile_ms(self, what: str) -> float:
        """Return the median cost of one profile, in milliseconds."""
        return self.median_s(what) / self.size * 1000

    def ratio(self, what: str) -> float:
        """Return how many times the bare GETs something cost: the median over rounds, pair by pair."""
        pairs = zip(self.seconds[what], self.seconds["bare"], strict=True)
        return statistics.median(one / bare for one, bare in pairs)


def agent_id(vendor: str, number: int) -> str:
    """Return the made-up id of one agent."""
    return f"agent_bench{number:019}" if vendor == "retell" else f"bbbbbbbb-0000-4000-8000-{number:012}"


def rows(vendor: str, number: int) -> list[Row]:
    """Return one agent's rows: copies of the sandbox's own seed under other ids."""
    by_id = {row.id: row for row in seeds.seed_rows()}
    if vendor == "vapi":
        return [_copy(by_id[seeds.VAPI_NOVA], agent_id(vendor, number), {"id": agent_id(vendor, number)})]
    llm = f"llm_bench{number:019}"
    agent = by_id[seeds.RETELL_AGENT]
    engine = {**parse(agent.body)["response_engine"], "llm_id": llm}
    return [
        _copy(by_id[seeds.RETELL_LLM], llm, {"llm_id": llm}),
        _copy(
            agent, agent_id(vendor, number), {"agent_id": agent_id(vendor, number), "response_engine": engine}
        ),
    ]


def _copy(row: Row, id_: str, change: dict[str, object]) -> Row:
    members = {key: dump(value) for key, value in parse(edit(row.body, change)).items()}
    body = "{" + ",".join(f"{dump(key)}:{value}" for key, value in members.items()) + "}"
    return replace(row, id=id_, body=body)


def fill(database: Path, vendor: str, size: int) -> None:
    """Put `size` agents into a sandbox file."""
    sandbox = Sandbox(database)
    with sandbox.store.transaction():
        for number in range(size):
            for row in rows(vendor, number):
                sandbox.store.put(row)
    sandbox.close()


def write_profiles(folder: Path, vendor: str, size: int) -> Path:
    """Write a base and `size` profiles that extend it; return the folder of the latter."""
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    (folder / "vaxctl.toml").touch()  # marks the folder that the profiles may read
    below = folder / f"profiles-{size}"
    below.mkdir()
    field_ = {"retell": "agent_id", "vapi": "assistant_id"}[vendor]
    for number in range(size):
        text = LEAF.format(
            number=number,
            delay_ms=380 + number % 41,
            vendor=vendor,
            field=field_,
            id=agent_id(vendor, number),
        )
        (below / f"p{number:05}.yaml").write_text(text, encoding="utf-8")
    return below


@contextmanager
def served(database: Path) -> Iterator[str]:
    """Serve a sandbox file from another process; give its address on loopback."""
    argv = [sys.executable, __file__, "--serve", str(database)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def serve_and_tell(database: Path) -> None:
    """Be that other process: print the port, serve until terminated."""
    sandbox = Sandbox(database)
    try:
        serve(sandbox, started=lambda port: print(port, flush=True))
    finally:
        sandbox.close()


def get_paths(vendor: str, size: int) -> list[str]:
    """Return what a plan reads of `size` agents: one object each at Vapi, agent and engine at Retell."""
    if vendor == "vapi":
        return [f"/assistant/{agent_id(vendor, number)}" for number in range(size)]
    agents = [f"/get-agent/{agent_id(vendor, number)}" for number in range(size)]
    return agents + [f"/get-retell-llm/llm_bench{number:019}?version=0" for number in range(size)]


def bare(endpoint: Endpoint, paths: list[str], concurrency: int) -> None:
    """GET every path and read the body; nothing is parsed. Raises where one is not there."""
    headers = {"Authorization": f"Bearer {endpoint.key.reveal()}"}
    with open_client(endpoint, ConnectionSettings(concurrency=concurrency)) as client:

        def one(path: str) -> int:
            return len(client.get(endpoint.base_url + path, headers=headers).raise_for_status().content)

        with ThreadPoolExecutor(concurrency) as pool:
            list(pool.map(one, paths))


def check(folder: Path) -> None:
    """Validate and compile a folder. Raises where a profile is not in order."""
    usable(gather([folder]))


def library(endpoint: Endpoint, folder: Path, concurrency: int) -> None:
    """Validate, compile and plan a folder. Raises where a profile could not be planned."""
    wanted = wanted_targets(usable(gather([folder])), None)
    with open_wire("httpx", {endpoint.vendor: endpoint}, concurrency=concurrency) as wire:
        made = plan_fleet(wanted, wire.send, env=None, tool_version=__version__, concurrency=concurrency)
    if made.failures or len(made.targets) != len(wanted):
        raise made.failures[0].error


def cli(endpoint: Endpoint, folder: Path, concurrency: int) -> None:
    """Do the same as a user does. Raises CalledProcessError where the command fails."""
    vendor = endpoint.vendor.upper()
    ours = {f"VAXCTL_{vendor}_BASE_URL": endpoint.base_url, f"{vendor}_API_KEY": KEY}
    ours |= {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder.parent / "pyc"),
    }  # warm from round two on
    argv = [
        sys.executable, "-m", "vaxctl", "plan", str(folder), "--json", "--concurrency", str(concurrency)
    ]  # fmt: skip
    subprocess.run(
        argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | ours
    )


def timed(work: Callable[[], None]) -> float:
    """Return the seconds some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(endpoint: Endpoint, folder: Path, sized: Sized, repeats: int, concurrency: int) -> None:
    """Time the four in turn, after a round that is not counted."""
    paths = get_paths(endpoint.vendor, sized.size)
    bare(endpoint, paths, concurrency)
    library(endpoint, folder, concurrency)
    cli(endpoint, folder, concurrency)
    for _ in range(repeats):
        sized.seconds["bare"].append(timed(lambda: bare(endpoint, paths, concurrency)))
        sized.seconds["check"].append(timed(lambda: check(folder)))
        sized.seconds["library"].append(timed(lambda: library(endpoint, folder, concurrency)))
        sized.seconds["cli"].append(timed(lambda: cli(endpoint, folder, concurrency)))


def table(vendor: str, results: list[Sized]) -> str:
    """Lay the results out for people."""
    lines = [
        f"{'N':>6} {'GETs':>6}  {'what':<8} {'median':>9} {'per profile':>12} {'x bare':>7} {'growth':>7}   ({vendor})"
    ]
    for before, found in zip([None, *results], results, strict=False):
        for what in found.seconds:
            growth = found.per_profile_ms(what) / before.per_profile_ms(what) if before else None
            lines.append(
                f"{found.size:>6} {found.requests:>6}  {what:<8} {found.median_s(what):>7.3f} s"
                f" {found.per_profile_ms(what):>9.2f} ms {found.ratio(what):>7.2f} {growth or float('nan'):>7.2f}"
            )
    verdict = "met" if results[-1].ratio("library") <= AIM else "MISSED"
    lines.append(f"aim: library ≤ {AIM} x bare at N = {results[-1].size}: {verdict}. growth 1.0 is linear")
    return "\n".join(lines)


def document(vendor: str, results: list[Sized], repeats: int, concurrency: int) -> dict[str, object]:
    """Put the results into one JSON document."""
    rows_ = [
        {
            "profiles": found.size,
            "requests": found.requests,
            "what": what,
            "median_s": round(found.median_s(what), 4),
            "per_profile_ms": round(found.per_profile_ms(what), 3),
            "ratio_to_bare": round(found.ratio(what), 3),
        }
        for found in results
        for what in found.seconds
    ]
    run = {"vendor": vendor, "repeats": repeats, "concurrency": concurrency, "aim": AIM}
    return {"format_version": "1.0", "type": "benchmark-plan", **run, "results": rows_}


def show_profile(endpoint: Endpoint, folder: Path, concurrency: int) -> None:
    """Print where the time of one `library` round goes (validate and compile by function, then reading and planning)."""
    profiler = cProfile.Profile()
    profiler.runcall(lambda: wanted_targets(usable(gather([folder])), None))
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    profiler = cProfile.Profile()
    wanted = wanted_targets(usable(gather([folder])), None)
    with open_wire("httpx", {endpoint.vendor: endpoint}, concurrency=concurrency) as wire:
        # one by one in this thread: cProfile sees no other
        for one in wanted:
            profiler.runcall(plan_fleet, [one], wire.send, env=None, tool_version=__version__, concurrency=1)
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Planning N profiles beside N bare GETs.")
    parser.add_argument("--sizes", default="10,100,1000", help="numbers of profiles (default 10,100,1000)")
    parser.add_argument("--vendor", choices=("vapi", "retell"), default="vapi")
    parser.add_argument("--repeats", type=int, default=5, help="counted rounds per size (default 5)")
    parser.add_argument("--concurrency", type=int, default=4, help="requests under way at once (default 4)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--profile", action="store_true", help="profile the largest size instead of timing")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Set the stage, measure, print."""
    chosen = options()
    if chosen.serve:
        serve_and_tell(chosen.serve)
        return
    settle()  # what the command does first
    sizes = sorted(int(size) for size in chosen.sizes.split(","))
    vendor, repeats, concurrency = chosen.vendor, chosen.repeats, chosen.concurrency
    with tempfile.TemporaryDirectory() as name:
        fill(Path(name) / "sandbox.db", vendor, sizes[-1])
        folders = {size: write_profiles(Path(name), vendor, size) for size in sizes}
        with served(Path(name) / "sandbox.db") as address:
            endpoint = Endpoint(vendor, f"{address}/{vendor}", Secret(KEY))
            if chosen.profile:
                show_profile(endpoint, folders[sizes[-1]], concurrency)
                return
            results = [Sized(size, len(get_paths(vendor, size))) for size in sizes]
            for sized in results:
                measure(endpoint, folders[sized.size], sized, repeats, concurrency)
    if chosen.json:
        print(json.dumps(document(vendor, results, repeats, concurrency), indent=2))
    else:
        print(table(vendor, results))
        print(
            f"medians of {repeats} interleaved rounds, {concurrency} requests at once, Python {sys.version.split()[0]}"
        )


if __name__ == "__main__":
    main()
