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
        """Read the file. Raises InvalidInput where a searched key cannot be set in it, or its value stands in a base.

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
        made = cls(file, env, loaded, file.read_bytes())
        # What stands in the way of an edit is told before the search: each key is set once, and thrown away.
        made._edited({path: _any_value(loaded, path) for path in named}, "tried")
        return made

    def place(self, path: str) -> KeyPath:
        """Return where in the file a key's new value goes: where the old one stands, else in its environment.

        A file in the published notation stays in it, as far as that has the key.
        """
        from vaxctl.profile.published import BLOCK, MEANING

        own = ("environments", self.env) if self.env else ()
        origin = self.loaded.layers.origins.get(tuple(path.split(".")))
        if origin is not None and origin.path[: len(own)] == own:
            return tuple(map(str, origin.path))
        new, there = tuple(path.split(".")), self.loaded.origin("").document.keys
        beside: dict[KeyPath, KeyPath] = {}
        if (*own, BLOCK) in there:
            beside = {meaning: (*own, BLOCK, key) for key, meaning in MEANING.items()}
        return (*own, *new) if (*own, new[0]) in there else beside.get(new, (*own, *new))

    def written(self, values: Setting, evidence: str) -> str:
        """Set the values in the file, whole or not at all; return the difference as git shows it.

        Raises DriftNotAccepted where the file is not what it was when the tuning began, InvalidInput where it
        cannot be edited or written.
        """
        before = self._text()
        after = self._edited(values, evidence)
        if after != before:
            self._replace((_BOM if self.raw.startswith(_BOM) else b"") + after.encode(), values)
        return diff(self.file, before, after)

    def _text(self) -> str:
        return self.raw.removeprefix(_BOM).decode()

    def _edited(self, values: Setting, evidence: str) -> str:
        """Return the text with the values set. Raises InvalidInput where it cannot be edited."""
        from vaxctl.source.editing import with_values

        places = {self.place(path): value for path, value in values.items()}
        try:
            return with_values(self._without_evidence(), places, note=evidence, mark=MARK)
        except InvalidInput as error:
            raise InvalidInput(f"{self.file}: {error.message}", help=error.help) from error

    def _without_evidence(self) -> str:
        """Return the text without what an earlier tuning wrote of the same keys.

        Evidence of an environment stands above a key in it (or above `environments`); all other is of the file's own.
        """
        from vaxctl.rules.comments import comments_of

        lines = self._text().split("\n")
        keys = sorted((span.line, path) for path, span in self.loaded.origin("").document.keys.items())

        def is_ours(line: int) -> bool:
            below = next((path for at, path in keys if at > line), ("environments",))
            if self.env:
                return below[:2] in {("environments",), ("environments", self.env)}
            return below[0] != "environments"

        old = {
            comment.line
            for comment in comments_of([line.removesuffix("\r") for line in lines])
            if comment.alone and comment.text.startswith(f"# {MARK}") and is_ours(comment.line)
        }
        return "\n".join(line for number, line in enumerate(lines, 1) if number not in old)

    def _replace(self, after: bytes, values: Setting) -> None:
        """Put the new text in the place of the old one, once it is sure to say what was found."""
        import shutil

        from vaxctl.cli.whole_file import part_of

        target = self.file.resolve()
        with part_of(target) as part:
            part.write_bytes(after)
            self._check(part, values)
            if target.read_bytes() != self.raw:
                raise DriftNotAccepted(
                    f"{self.file} was edited while settings were searched; nothing was written",
                    help="run the same command again: what was computed is kept",
                )
            shutil.copymode(target, part)
            part.replace(target)

    def _check(self, part: Path, values: Setting) -> None:
        """Raise InvalidInput where the edited file would not be a sound profile with these values, and all others as before."""
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
        more = _others(self.loaded.layers.data, values).items() ^ _others(loaded.layers.data, values).items()
        if more:
            raise InvalidInput(
                f"{self.file}: {', '.join(sorted({path for path, _ in more}))} would change too; nothing was written",
                help="a null lets go of a base's whole block: name there what is to differ, then tune again",
            )


def _others(data: Mapping[str, object], values: Setting, prefix: str = "") -> dict[str, str]:
    """Return every leaf of a profile's data that was not set, as text, by its dotted path.

    Not its name: a file in the published notation is called as the file is.
    """
    found: dict[str, str] = {}
    for key, value in data.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= _others(value, values, f"{path}.")
        elif path not in values and path != "name" and value is not None:
            found[path] = repr(value)
    return found


def _any_value(loaded: LoadedProfile, path: str) -> Value:
    value = loaded.profile.get(path) if loaded.profile else None
    return value if isinstance(value, str | bool | int | float) else 0


def next_step(file: Path, env: str | None) -> str:
    """Return the command that shows what an edited profile does where it goes.

    A plan needs the environment that has a target; without any target what a vendor would get is compiled.
    """
    from vaxctl.cli.tuning_command import shell_line
    from vaxctl.profile.load import known_environments, load

    loaded = load(file, env)
    chosen = ("--env", env) if env else ()
    if _goes_somewhere(loaded):
        return f"to see what it changes at the vendors: {shell_line('plan', file, *chosen)}"
    others = sorted(known_environments(loaded)) if env is None else []
    going = [one for one in others if _goes_somewhere(load(file, one))]
    if going:
        also = f" (or {', '.join(going[1:])})" if going[1:] else ""
        return f"to see what it changes at the vendors{also}: {shell_line('plan', file, '--env', going[0])}"
    made = shell_line("compile", file, "--target", "vapi", *chosen)
    return f"it names no target; to see what a vendor would get: {made}"


def _goes_somewhere(loaded: LoadedProfile) -> bool:
    """Whether a plan finds a target, and an id for each that it finds."""
    from vaxctl.vendors.vendor import NAMES, vendor

    try:
        targets = [vendor(name).target(loaded) for name in NAMES]
    except InvalidInput:  # the id depends on the environment: this one has none
        return False
    return any(target is not None for target in targets)


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
