"""Start-up of the command line beside its floor, `import typer`, in one run.

    python benchmarks/startup.py [PROFILE] [--runs N] [--json]

Each round starts every command once, in turn, so that a busy moment of the machine strikes all of them; a first
round that is thrown away writes the .pyc files, into a folder of this run. What is printed are medians and ratios of
medians; nothing here fails because of a clock. The interpreter that runs this file is the one that is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HEAVY = ("numpy", "onnxruntime", "httpx", "retell", "vapi", "local_agent")
"""Modules that neither help nor validate may load (the two in the middle are the vendors' SDKs)."""
FLOOR = "import typer"
PROFILE = """\
schema: vaxctl/v1
name: benchmark
call_type: outbound-qualification
vad: {threshold: 0.55, min_speech_ms: 200}
noise_suppression: {engine: platform}
endpointing: {mode: semantic, delay_ms: 400, max_delay_ms: 2500}
barge_in: {enabled: true, backoff_ms: 500, ignore_phrases: [mm-hmm, right]}
silence: {reminder_after_ms: 10000, hang_up_after_ms: 30000}
context_preservation: {enabled: true, variables: {company: Larkspur}}
targets:
  retell: {agent_id: agent_5ca1ab1e0000000000000001}
  vapi: {assistant_id: 5ca1ab1e-0000-4000-8000-000000000001}
"""
REPORT_MODULES = """\
import json, sys
from vaxctl.cli.running import run
try:
    code = run(json.loads(sys.argv[1]))
except SystemExit as ended:
    code = ended.code
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}), file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One command. `argv` follows the interpreter; `vaxctl` is the same without `-m vaxctl`, for counting modules."""

    label: str
    argv: tuple[str, ...]
    aim: float | None = None
    vaxctl: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A command's median in seconds, its ratio to the floor, and the heavy modules it loaded."""

    case: Case
    median_s: float
    ratio: float
    heavy: tuple[str, ...]

    @property
    def within(self) -> bool | None:
        """Whether the aim was met; None where there is none."""
        return None if self.case.aim is None else self.ratio <= self.case.aim


def cases(profile: Path) -> list[Case]:
    """Return what is measured. The aims are those of the project's first issue."""

    def command(aim: float, *arguments: str) -> Case:
        label = " ".join(["vaxctl", *(a if a != str(profile) else "PROFILE" for a in arguments)])
        return Case(label, ("-m", "vaxctl", *arguments), aim, arguments)

    return [
        Case("pass", ("-c", "pass")),
        Case(FLOOR, ("-c", FLOOR)),
        command(1.5, "--version"),
        command(1.5, "--help"),
        command(3.0, "validate", str(profile)),
    ]


def warm_environment(pyc_folder: Path) -> dict[str, str]:
    """Return this environment with byte code kept in `pyc_folder`, whatever the caller's settings say."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**settings, "PYTHONPYCACHEPREFIX": str(pyc_folder)}


def seconds(case: Case, environ: dict[str, str]) -> float:
    """Run one command to its end. Raises CalledProcessError where it fails: a broken command has no start-up."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *case.argv], check=True, capture_output=True, env=environ)
    return time.perf_counter() - began


def heavy_modules(case: Case) -> tuple[str, ...]:
    """Return which of the heavy modules the command loads, by asking `sys.modules` at its end."""
    if case.vaxctl is None:
        return ()
    asked = [sys.executable, "-c", REPORT_MODULES, json.dumps(case.vaxctl)]
    ended = subprocess.run(asked, check=True, capture_output=True, text=True)
    told = json.loads(ended.stderr.strip().splitlines()[-1])
    return tuple(name for name in HEAVY if name in told["modules"])


def measure(profile: Path, runs: int, environ: dict[str, str]) -> list[Measured]:
    """Run every case `runs` times, interleaved, after one round that is not counted."""
    wanted = cases(profile)
    times: dict[str, list[float]] = {case.label: [] for case in wanted}
    for round_number in range(runs + 1):
        for case in wanted:
            taken = seconds(case, environ)
            if round_number:
                times[case.label].append(taken)
    medians = {label: statistics.median(taken) for label, taken in times.items()}
    return [
        Measured(c, medians[c.label], medians[c.label] / medians[FLOOR], heavy_modules(c)) for c in wanted
    ]


def table(results: list[Measured]) -> str:
    """Lay the results out for people."""
    lines = [f"{'command':<26} {'median':>9} {'x import typer':>15} {'aim':>7}  heavy modules loaded"]
    for found in results:
        aim = f"≤ {found.case.aim}" if found.case.aim else ""
        verdict = {True: "met", False: "MISSED", None: ""}[found.within]
        heavy = ", ".join(found.heavy) or ("none" if found.case.vaxctl else "")
        lines.append(
            f"{found.case.label:<26} {found.median_s * 1000:>6.0f} ms {found.ratio:>15.2f} {aim:>7}  {verdict:<6} {heavy}"
        )
    return "\n".join(lines)


def document(results: list[Measured], runs: int) -> dict[str, object]:
    """Put the results into one JSON document."""
    rows = [
        {
            "command": found.case.label,
            "median_ms": round(found.median_s * 1000, 1),
            "ratio": round(found.ratio, 3),
            "aim": found.case.aim,
            "within": found.within,
            "heavy_modules": list(found.heavy),
        }
        for found in results
    ]
    return {
        "format_version": "1.0",
        "type": "benchmark-startup",
        "runs": runs,
        "floor": FLOOR,
        "results": rows,
    }


def main() -> None:
    """Read the options, measure, print."""
    options = argparse.ArgumentParser(description="Start-up of vaxctl beside `import typer`.")
    options.add_argument(
        "profile", nargs="?", type=Path, help="profile to validate (default: one made up here)"
    )
    options.add_argument("--runs", type=int, default=11, help="counted rounds (default 11)")
    options.add_argument("--json", action="store_true", help="print one JSON document")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        profile = chosen.profile or Path(folder) / "benchmark.yaml"
        if chosen.profile is None:
            profile.write_text(PROFILE, encoding="utf-8")
        results = measure(profile, chosen.runs, warm_environment(Path(folder) / "pyc"))
    if chosen.json:
        print(json.dumps(document(results, chosen.runs), indent=2))
    else:
        print(table(results))
        print(f"medians of {chosen.runs} interleaved rounds, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
