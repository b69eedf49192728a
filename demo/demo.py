"""The main job on the sandbox, as a person would type it: validate, plan, apply, verify, plan again.

Run by `make demo`. Works in `.demo/`, which is made anew each time and left for looking around.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".demo"
PROFILE = "profiles/outbound-qualification.yaml"
VAXCTL = [sys.executable, "-m", "vaxctl"]


def main() -> int:
    """Run every step; stop at the first that does not end as it should."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    shutil.copytree(ROOT / "profiles", FOLDER / "profiles")
    before = agents()
    say(
        "A Retell agent and a Vapi assistant, with somebody else's prompt, voice and tools, in a model of both vendors:"
    )
    step("sandbox", "show")
    say("1. Is the profile sound? Offline: shape, ranges, rules, and what each vendor makes of it.")
    step("validate", PROFILE)
    say("2. What would change, and what would a caller notice?")
    step("plan", PROFILE, "--sandbox")
    callers = callers_words()
    say(
        "3. Do it. Whole subtrees are written, everything is read again, and what we do not own must not have moved."
    )
    step("apply", PROFILE, "--sandbox", "--auto-approve")
    say("4. Once more: nothing is left to do.")
    step("plan", PROFILE, "--sandbox", "--detailed-exitcode")
    say("What changed for callers:")
    for words in callers:
        print(f"  - {words}")
    say("What was left alone:")
    for line in left_alone(before, agents()):
        print(f"  - {line}")
    next_steps()
    return 0


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def step(*arguments: str) -> None:
    """Show and run one command in the demo's folder; end the demo when it fails."""
    print(f"$ vaxctl {' '.join(arguments)}", flush=True)
    code = subprocess.run([*VAXCTL, *arguments], cwd=FOLDER, env=environment(), check=False).returncode
    if code:
        sys.exit(f"vaxctl {arguments[0]} ended with {code}")


def captured(*arguments: str) -> Any:
    """Run one command and return the JSON document that it prints."""
    run = subprocess.run(
        [*VAXCTL, *arguments, "--json"], cwd=FOLDER, env=environment(), check=True, stdout=subprocess.PIPE
    )
    return json.loads(run.stdout)


def environment() -> dict[str, str]:
    """Return the environment without vendor keys: the demo must not need, and cannot use, an account."""
    return {key: value for key, value in os.environ.items() if key not in {"RETELL_API_KEY", "VAPI_API_KEY"}}


def callers_words() -> list[str]:
    """Return what the plan says that callers will notice, each sentence once."""
    plan = captured("plan", PROFILE, "--sandbox")
    said = [change["words"] for resource in plan["resources"] for change in resource["changes"]]
    return list(dict.fromkeys(words for words in said if words))


def agents() -> dict[str, dict[str, Any]]:
    """Return the latest body of every object in the sandbox, by kind and id."""
    listed = captured("sandbox", "show")["objects"]
    return {row["id"]: captured("sandbox", "show", row["id"])["objects"][-1]["body"] for row in listed}


def left_alone(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """Compare what the profile does not own, before and after; a difference ends the demo."""
    lines = []
    for id_, old in before.items():
        new = after[id_]
        if old == new:
            continue
        same = [key for key, value in old.items() if new.get(key) == value]
        prompt = _prompt(old)
        kept = prompt is None or prompt in (_prompt(new) or "")
        if not kept:
            sys.exit(f"the prompt of {id_} was changed outside the managed block")
        of_prompt = f", and every one of the {len(prompt):,} characters of its prompt" if prompt else ""
        lines.append(f"{id_}: {len(same)} fields as they were{of_prompt}")
    return lines


def _prompt(body: dict[str, Any]) -> str | None:
    messages = body.get("model", {}).get("messages", []) if isinstance(body.get("model"), dict) else []
    system = next((message["content"] for message in messages if message.get("role") == "system"), None)
    found = body.get("general_prompt") or body.get("global_prompt") or system
    return found if isinstance(found, str) else None


def next_steps() -> None:
    """Print where to look next."""
    say("Where to look next:")
    print(f"  . {Path('.venv/bin/activate')} && cd {FOLDER.name}")
    print(f"  vaxctl explain {PROFILE} endpointing.delay_ms     what each vendor makes of a key")
    print("  vaxctl validate profiles/hall-of-shame            what the rules say of published disasters")
    print("  vaxctl pull --sandbox --target vapi --id 5ca1ab1e-0000-4000-8000-000000000002")
    print(
        "  README.md                                         your own agents: export VAPI_API_KEY=…, RETELL_API_KEY=…"
    )


if __name__ == "__main__":
    sys.exit(main())
