"""`vaxctl tune --write`: what was found, set in the profile's own file, with the evidence in a comment line."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vaxctl.errors import DriftNotAccepted, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local_agent.tuning.search.space import Setting, Value
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.report.style import Style

    KeyPath = tuple[str, ...]

MARK = "vaxctl tune: "
"""How the line of evidence begins: the next tuning puts its own in its place."""
_BOM = b"\xef\xbb\xbf"
_THRESHOLD, _RELEASE = "vad.threshold", "vad.release_threshold"


@dataclass(frozen=True, slots=True)
class Editable:
    """A profile's file as it was when the tuning began, and what the profile was then."""

    file: Path
    env: str | None
    loaded: LoadedProfile
    raw: bytes

    @classmethod
    def of(cls, file: Path, env: str | None, loaded: LoadedProfile, searched: Iterable[str]) -> Editable:
        """Read the file. Raises InvalidInput where a searched key's value stands in a base: that is not edited.

        Such a base is other campaigns' too, and a value that an heir never named may be meant to follow it.
        """
        named = list(searched)
        for path in dict.fromkeys([*named, *((_RELEASE,) if _THRESHOLD in named else ())]):
            origin = loaded.layers.origins.get(tuple(path.split(".")))
            if origin is not None and origin.document.file != loaded.file:
                where = origin.location()
                raise InvalidInput(
                    f"{path} comes from {where.file}:{where.line}, which {file} extends: --write leaves it alone",
                    help=f"give {file} a value of its own (vaxctl explain {path}), or tune {where.file} itself",
                )
        return cls(file, env, loaded, file.read_bytes())

    def place(self, path: str) -> KeyPath:
        """Return where in the file a key's new value goes: where the old one stands, else in its environment."""
        own = ("environments", self.env) if self.env else ()
        origin = self.loaded.layers.origins.get(tuple(path.split(".")))
        if origin is not None and origin.path[: len(own)] == own:
            return tuple(map(str, origin.path))
        return (*own, *path.split("."))

    def written(self, values: Setting, evidence: str) -> str:
        """Set the values in the file, whole or not at all; return the difference as git shows it.

        Raises DriftNotAccepted where the file is not what it was when the tuning began, InvalidInput where it
        cannot be edited or written.
        """
        from vaxctl.source.editing import with_values

        before = self.raw.removeprefix(_BOM).decode()
        breaks = "\r\n" if "\r\n" in before else "\n"
        places = {self.place(path): value for path, value in values.items()}
        try:
            after = with_values(self._without_evidence(before), places, note=evidence, mark=MARK)
        except InvalidInput as error:
            raise InvalidInput(f"{self.file}: {error.message}", help=error.help) from error
        after = after.replace("\n", breaks)
        if after != before:
            bom = _BOM if self.raw.startswith(_BOM) else b""
            self._replace(bom + after.encode(), values)
        return diff(self.file, before, after)

    def _without_evidence(self, text: str) -> str:
        """Return the text with plain line breaks and without what an earlier tuning wrote of the same keys.

        Evidence of an environment stands above a key in it (or above `environments`); all other is of the file's own.
        """
        from vaxctl.rules.comments import comments_of

        lines = text.replace("\r\n", "\n").split("\n")
        keys = sorted((span.line, path) for path, span in self.loaded.origin("").document.keys.items())

        def is_ours(line: int) -> bool:
            below = next((path for at, path in keys if at > line), ("environments",))
            if self.env:
                return below[:2] in {("environments",), ("environments", self.env)}
            return below[0] != "environments"

        old = {
            comment.line
            for comment in comments_of(lines)
            if comment.alone and comment.text.startswith(f"# {MARK}") and is_ours(comment.line)
        }
        return "\n".join(line for number, line in enumerate(lines, 1) if number not in old)

    def _replace(self, after: bytes, values: Setting) -> None:
        """Put the new text in the place of the old one, once it is sure to say what was found."""
        import shutil

        target = self.file.resolve()
        part = target.with_name(f".{target.name}.part")
        try:
            part.write_bytes(after)
            self._check(part, values)
            if target.read_bytes() != self.raw:
                raise DriftNotAccepted(
                    f"{self.file} was edited while settings were searched; nothing was written",
                    help="run the same command again: what was computed is kept",
                )
            shutil.copymode(target, part)
            part.replace(target)
        except OSError as error:
            raise InvalidInput(f"{self.file} cannot be written: {error.strerror or error}") from error
        finally:
            part.unlink(missing_ok=True)

    def _check(self, part: Path, values: Setting) -> None:
        """Raise InvalidInput where the edited file would not be a sound profile with the values in force."""
        from vaxctl.profile.load import load

        loaded = load(part, self.env)
        broken = [finding.message for finding in loaded.findings if finding.invalid]
        profile = loaded.profile
        if profile is None or broken or any(profile.get(path) != value for path, value in values.items()):
            told = "; ".join(broken) or "another place in it says otherwise"
            raise InvalidInput(
                f"{self.file}: the values would not be in force: {told}; nothing was written",
                help="set by hand: " + ", ".join(f"{path}: {value}" for path, value in values.items()),
            )


def to_write(
    chosen: Setting,
    present: Mapping[str, Value],
    searched: Iterable[str],
    loaded: LoadedProfile,
    *,
    target: bool,
) -> Setting:
    """Return the values of a chosen setting that the file is to hold.

    Those that differ; for a target also those that no file names yet, as what is absent there is left alone.
    A release threshold that follows from its threshold by itself is not written out.
    """
    from local_agent.tuning.search.space import RELEASE_STEP

    named = set(searched)
    implied = round(float(chosen.get(_THRESHOLD, 0.0)) - RELEASE_STEP, 4)
    follows = not loaded.owns(_RELEASE) and chosen.get(_RELEASE) == implied
    return {
        path: value
        for path, value in chosen.items()
        if not (path == _RELEASE and follows)
        and (value != present[path] or (target and path in named and not loaded.owns(path)))
    }


def diff(file: Path, before: str, after: str) -> str:
    """Return the difference of two texts of a file as `git diff` shows it; empty where there is none."""
    name = file.as_posix().lstrip("/")
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{name}", f"b/{name}", lineterm=""
    )
    told = list(lines)
    return "\n".join([f"diff --git a/{name} b/{name}", *told]) if told else ""


def painted(text: str, style: Style) -> str:
    """Return a difference with the colours that git gives it."""
    return "\n".join(_painted(line, style) for line in text.split("\n"))


def _painted(line: str, style: Style) -> str:
    shown = style.visible(line)
    if line.startswith(("diff ", "---", "+++")):
        return style.bold(shown)
    if line.startswith("@@"):
        return style.info(shown)
    if line.startswith("+"):
        return style.added(shown)
    return style.removed(shown) if line.startswith("-") else shown
