"""compile(profile, vendor) → owned leaves, capability report and findings. Offline; reads no more than the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Diagnostic, Severity
from vaxctl.errors import InvalidInput
from vaxctl.vendors.compiled import Compiled, Leaf
from vaxctl.vendors.table import Reading, encode

if TYPE_CHECKING:
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.prompts.block import ManagedBlock
    from vaxctl.vendors.vendor import Vendor


LIMIT = "vendor-limit"
"""The id of findings about a broken limit of the vendor's document."""


def compile_for(loaded: LoadedProfile, vendor: Vendor) -> Compiled:
    """Compile a usable profile for one vendor. What cannot be sent as it is stands in the findings, as errors.

    An override of a leaf that a key also writes wins, and that is a finding too.
    """
    findings: list[Diagnostic] = []
    encoded = encode(vendor.table, Reading(loaded, _block(loaded, findings)))
    leaves = {(leaf.kind, leaf.at): leaf for leaf in encoded.leaves}
    for leaf in vendor.override_leaves(loaded):
        hidden = leaves.get((leaf.kind, leaf.at))
        if hidden is not None and hidden.value != leaf.value:
            findings.append(_override_wins(loaded, leaf, hidden))
        leaves[(leaf.kind, leaf.at)] = leaf
    compiled = Compiled(vendor.name, loaded, tuple(leaves.values()), encoded.capabilities, (), vendor.kinds)
    findings += [finding for kind in vendor.kinds for finding in _refused(compiled, vendor, kind)]
    return Compiled(
        vendor.name,
        loaded,
        compiled.leaves,
        compiled.capabilities,
        tuple(dict.fromkeys(findings)),
        vendor.kinds,
    )


def _block(loaded: LoadedProfile, findings: list[Diagnostic]) -> ManagedBlock | None:
    if not loaded.owns("context_preservation.enabled"):
        return None
    from vaxctl.prompts.context import context_block

    try:
        return context_block(loaded)
    except InvalidInput as error:
        path = "context_preservation.template"
        findings.append(
            loaded.finding("template", Severity.ERROR, error.message, path, error.help, invalid=True)
        )
        return None


def _override_wins(loaded: LoadedProfile, leaf: Leaf, hidden: Leaf) -> Diagnostic:
    message = f"this override of {leaf.at} hides what {hidden.origin} says"
    where = (loaded.origin(hidden.origin).location(), f"{hidden.origin} is set here")
    advice = "drop one of the two"
    return loaded.finding(
        "override-hides-key", Severity.WARNING, message, leaf.origin, advice, related=(where,)
    )


def _refused(compiled: Compiled, vendor: Vendor, kind: str) -> list[Diagnostic]:
    body = compiled.body(kind)
    if not body:
        return []
    found = []
    for key in vendor.unknown_keys(kind, body):
        message = f"{vendor.name} has no {kind} field {key!r}"
        found.append(_at(compiled, kind, key, "vendor-field", message))
    found += [
        _at(compiled, kind, message.split(" ", 1)[0], LIMIT, f"{vendor.name}: {message}")
        for message in vendor.broken_limits(kind, body)
    ]
    return found


def _at(compiled: Compiled, kind: str, path: str, rule: str, message: str) -> Diagnostic:
    """Make the finding at the profile key that wrote the vendor's `path`, or something below or above it."""
    leaves = compiled.leaves_of(kind)
    near = [leaf for leaf in leaves if leaf.at == path] or [
        leaf for leaf in leaves if leaf.at.startswith(path) or path.startswith(leaf.at.split("[", 1)[0])
    ]
    origin = near[0].origin if near else f"targets.{compiled.vendor}"
    return compiled.loaded.finding(rule, Severity.ERROR, message, origin, invalid=True)
