"""What a vendor's published document says at one path, in the terms of `vaxctl.vendors.limits.Limit`."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from vaxctl.vendors.limit_check import ANY, read_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxctl.vendors.limits import Limit

Schema = dict[str, Any]

DEPTH = 4
"""How far below a top-level key ranges are looked for; the documents' schemas can hold themselves."""

COMPARED = ("minimum", "maximum", "exclusive_minimum", "choices", "max_length", "nullable")


def differences(schemas: Schema, root: str, limit: Limit) -> frozenset[str]:
    """Name the facts in which a limit and the document differ; `{"absent"}` where it has no such field."""
    leaves = leaves_at(schemas, root, limit.path)
    if not leaves:
        return frozenset({"absent"})
    alike = [leaf for leaf in leaves if _form(schemas, leaf) in _forms_of(limit)]
    differing = set()
    if not alike or (len(alike) < len(leaves) and "<" not in limit.path):
        differing.add("form")
    said = [_facts(schemas, leaf) for leaf in alike]
    for name in COMPARED:
        ours = getattr(limit, name)
        if name == "choices":
            # Alternatives of a union each bring their own words; a free one among them frees the field.
            theirs = {word for facts in said for word in facts[name]} if all(f[name] for f in said) else set()
            differs = set(ours) != theirs
        elif name == "nullable":
            differs = ours is not any(facts[name] for facts in said)
        else:
            differs = any(facts[name] != ours for facts in said)
        if differs:
            differing.add(name)
    return frozenset(differing)


def leaves_at(schemas: Schema, root: str, path: str) -> list[Schema]:
    """Return every alternative the document has at a path, references and `allOf` resolved."""
    position, conditions = read_path(path)
    here = list(_expanded(schemas, {"$ref": f"#/{root}"}))
    for depth, step in enumerate(position, start=1):
        inner = [_inside(schema, step) for schema in here]
        here = [flat for schema in inner if schema is not None for flat in _expanded(schemas, schema)]
        for condition in conditions:
            if condition.depth == depth:
                here = [s for s in here if _allows(schemas, s, condition.key, condition.value)]
    return here


def bounded_paths(schemas: Schema, root: str, top: Iterable[str]) -> Iterator[str]:
    """Yield the path of each number with a range under the given top-level keys, with its provider named."""
    for key in top:
        for schema in leaves_at(schemas, root, key):
            yield from _numbers(schemas, schema, key, DEPTH)


def _numbers(schemas: Schema, schema: Schema, path: str, left: int) -> Iterator[str]:
    if "minimum" in schema or "maximum" in schema:
        yield path
    provider = schema.get("properties", {}).get("provider", {}).get("enum", [])
    at = f"{path}[provider={provider[0]}]" if len(provider) == 1 else path
    inner = {f"{at}.{key}": value for key, value in schema.get("properties", {}).items()}
    if "items" in schema:
        inner[f"{at}[]"] = schema["items"]
    for deeper, value in inner.items() if left else ():
        for flat in _expanded(schemas, value):
            yield from _numbers(schemas, flat, deeper, left - 1)


def _inside(schema: Schema, step: str | int) -> Schema | None:
    inner = schema.get("items") if step == ANY else schema.get("properties", {}).get(step)
    return inner if isinstance(inner, dict) else None


def _expanded(schemas: Schema, schema: Schema) -> Iterator[Schema]:
    """Yield the flat alternatives of a schema: one per combination of its unions' members."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    own = {key: value for key, value in schema.items() if key not in {"oneOf", "anyOf", "allOf"}}
    parts = [list(_expanded(schemas, member)) for member in schema.get("allOf", ())]
    alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if alternatives:
        parts.append([flat for member in alternatives for flat in _expanded(schemas, member)])
    for combination in itertools.product(*parts):
        merged: Schema = {}
        for part in (*combination, own):
            properties = {**merged.get("properties", {}), **part.get("properties", {})}
            merged = {**merged, **part, **({"properties": properties} if properties else {})}
        yield merged


def _allows(schemas: Schema, schema: Schema, key: str, value: str) -> bool:
    named = _inside(schema, key)
    return named is not None and any(value in flat.get("enum", [value]) for flat in _expanded(schemas, named))


def _form(schemas: Schema, leaf: Schema) -> str:
    if leaf.get("type") == "array":
        items = [flat.get("type") for flat in _expanded(schemas, leaf.get("items", {}))]
        return "strings" if set(items) == {"string"} else "array"
    return str(leaf.get("type", "object" if "properties" in leaf else "unsaid"))


def _forms_of(limit: Limit) -> set[str]:
    return {"array", "strings"} if limit.form == "array" else {limit.form}


def _facts(schemas: Schema, leaf: Schema) -> dict[str, Any]:
    words = leaf
    if leaf.get("type") == "array":
        items = list(_expanded(schemas, leaf.get("items", {})))
        words = items[0] if len(items) == 1 else {}
    enum = words.get("enum", [])
    return {
        "minimum": leaf.get("minimum"),
        "maximum": leaf.get("maximum"),
        "exclusive_minimum": leaf.get("exclusiveMinimum"),
        "choices": [word for word in enum if word is not None],
        "max_length": words.get("maxLength"),
        "nullable": bool(leaf.get("nullable")) or None in leaf.get("enum", []),
    }
