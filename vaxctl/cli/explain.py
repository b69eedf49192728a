"""`vaxctl explain`: one key of a profile: its value, where it came from, what it means, what vendors make of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxctl.cli import completing
from vaxctl.cli.helping import Command
from vaxctl.cli.options import Env, Json, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxctl.profile.fields import Described
    from vaxctl.profile.load import LoadedProfile


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, epilog="vaxctl explain profile.yaml endpointing.delay_ms")(explain)


def explain(
    profile: Profile,
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            help="A dotted key, e.g. vad.threshold, or a section, e.g. vad.",
            autocompletion=completing.keys,
        ),
    ],
    env: Env = None,
    json: Json = False,
) -> None:
    """Tell one key's value, origin, range, and each vendor's view."""
    from vaxctl.cli.console import out, out_json
    from vaxctl.errors import InvalidInput
    from vaxctl.profile.fields import fields
    from vaxctl.profile.load import load
    from vaxctl.source.document import closest
    from vaxctl.vendors.judging import judge

    known = fields()
    inside = [path for path in known if path.startswith(f"{key}.")]
    if key not in known and not inside:
        near = closest(key, (*known, *_sections(known)))
        raise InvalidInput(f"a profile has no key {key!r}", help=f"did you mean {near}?" if near else None)
    loaded = load(profile, env)
    findings = judge(loaded).findings
    first = next((finding for finding in findings if finding.invalid), None)
    if first is not None:
        raise InvalidInput(
            f"{first.location}: {first.message}", help=f"vaxctl validate {profile} shows all of it"
        )
    hidden = any(finding.rule == "plaintext-secret" for finding in findings)
    told = [_document(loaded, known[path], hidden=hidden) for path in inside or [key]]
    if inside and json:
        out_json({"format_version": "1.0", "type": "explain_section", "section": key, "keys": told})
    elif inside:
        out(_section(told))
    elif json:
        out_json(told[0])
    else:
        out(_text(told[0]))


def _sections(known: Iterable[str]) -> list[str]:
    """Return the names of the mappings that hold the known keys."""
    return sorted(
        {".".join(path.split(".")[:end]) for path in known for end in range(1, path.count(".") + 1)}
    )


def _section(told: list[dict[str, Any]]) -> str:
    """Return the keys of a section, one a line: value in force, and where it comes from."""
    from vaxctl.cli.console import style, width
    from vaxctl.report.style import table

    paint = style()
    rows = [
        (
            one["key"],
            paint.visible(json.dumps(one["value"], ensure_ascii=False)),
            paint.visible(one["origin"] or "not set"),
        )
        for one in told
    ]
    return table(rows, ("key", "value", "set at"), width(), paint)


def _document(loaded: LoadedProfile, described: Described, *, hidden: bool) -> dict[str, Any]:
    """Return all that is known of a key; `hidden` where the profile holds a secret that a text could be."""
    owned = loaded.owns(described.path)
    return {
        "format_version": "1.0",
        "type": "explain",
        "key": described.path,
        "value": _value(loaded, described, hidden=hidden),
        "owned": owned,
        "origin": str(loaded.origin(described.path).location()) if owned else None,
        "meaning": described.meaning,
        "unit": described.unit,
        "minimum": described.minimum,
        "maximum": described.maximum,
        "choices": list(described.choices),
        "default": described.default,
        "source": described.source,
        "vendors": _vendors(loaded, described.path),
    }


def _value(loaded: LoadedProfile, described: Described, *, hidden: bool) -> Any:
    from vaxctl.plan.redaction import SECRET, shown

    value = _in_force(loaded, described.path)
    if hidden and value is not None and not isinstance(value, bool | int | float):
        return SECRET
    return shown(described.path, list(value) if isinstance(value, tuple) else value)


def _in_force(loaded: LoadedProfile, path: str) -> Any:
    profile = loaded.profile
    assert profile is not None, "checked by the caller"  # noqa: S101
    derived = {"endpointing.delay_ms": profile.delay_ms, "vad.release_threshold": profile.release_threshold}
    if path in derived:
        return derived[path]
    block = path.rsplit(".", 1)[0]
    if path.startswith("targets.") and profile.get(block) is None:
        return None
    return profile.get(path)


def _vendors(loaded: LoadedProfile, path: str) -> dict[str, Any]:
    from vaxctl.vendors.table import Reading, capability
    from vaxctl.vendors.vendor import NAMES, vendor

    told = {}
    for name in NAMES:
        entry = vendor(name).table.get(path)
        if entry is not None:
            found = capability(entry, entry.encode(Reading(loaded, None)))
            told[name] = {
                "status": found.status.value,
                "vendor_path": found.vendor_path,
                "note": found.note,
                "source": found.source,
            }
    return told


def _text(told: dict[str, Any]) -> str:
    from vaxctl.cli.console import style, width
    from vaxctl.report.style import wrap

    paint = style()
    unit = f" ({told['unit']})" if told["unit"] else ""
    origin = (
        f"set at {told['origin']}"
        if told["owned"]
        else "not set: the default, for the local agent; vendors are left alone"
    )
    rows = [
        (told["key"], f"{json.dumps(told['value'], ensure_ascii=False)}{unit}"),
        ("", origin),
        ("means", told["meaning"]),
        ("range", _range(told)),
        ("default", json.dumps(told["default"], ensure_ascii=False)),
        ("source", told["source"]),
    ]
    rows += [(name, _vendor(found)) for name, found in told["vendors"].items()]
    lead = max(len(label) for label, _ in rows) + 2
    lines = []
    for label, text in rows:
        body = wrap(paint.visible(text), max(width() - lead, 30), "").split("\n")
        lines += [(label if number == 0 else "").ljust(lead) + line for number, line in enumerate(body)]
    return "\n".join(line.rstrip() for line in lines)


def _range(told: dict[str, Any]) -> str:
    if told["choices"]:
        return ", ".join(map(str, told["choices"]))
    if told["minimum"] is None and told["maximum"] is None:
        return "any"
    return f"{told['minimum']} to {told['maximum']}"


def _vendor(found: dict[str, Any]) -> str:
    what = "; ".join(part for part in (found["vendor_path"], found["note"]) if part)
    return f"{found['status']}{': ' if what else ''}{what} [{found['source']}]"
