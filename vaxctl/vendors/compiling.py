"""compile(profile, vendor) → owned leaves, capability report and findings. Offline; reads no more than the template."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vaxctl.diagnostics import Diagnostic, Severity
from vaxctl.errors import InvalidInput
from vaxctl.source.document import closest
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
    return replace(compiled, findings=tuple(dict.fromkeys(findings)))


def _block(loaded: LoadedProfile, findings: list[Diagnostic]) -> ManagedBlock | None:
    if not loaded.owns("context_preservation.enabled"):
        return None
    from vaxctl.prompts.context import context_block

    try:
        block = context_block(loaded)
    except InvalidInput as error:
        findings.append(_template_error(loaded, error))
        return None
    if block is not None and block.is_blank:
        message = "the template renders to nothing: the block in the prompt would be empty"
        advice = "give it a text, or set context_preservation.enabled: false"
        findings.append(loaded.finding("template", Severity.WARNING, message, _TEMPLATE, advice))
    return block


_TEMPLATE = "context_preservation.template"


def template_findings(loaded: LoadedProfile) -> list[Diagnostic]:
    """Find what is wrong with the template of a profile that goes nowhere: it is found and read, not rendered.

    Its variables may be an heir's.
    """
    if not loaded.owns(_TEMPLATE):
        return []
    from vaxctl.prompts.context import context_template
    from vaxctl.prompts.reading import undeclared

    try:
        template = context_template(loaded)
        if not template.shipped:
            undeclared(template.text, name=template.name)
    except InvalidInput as error:
        return [_template_error(loaded, error)]
    return []


def _template_error(loaded: LoadedProfile, error: InvalidInput) -> Diagnostic:
    return loaded.finding("template", Severity.ERROR, error.message, _TEMPLATE, error.help, invalid=True)


def _override_wins(loaded: LoadedProfile, leaf: Leaf, hidden: Leaf) -> Diagnostic:
    message = f"this override of {leaf.at} hides what {hidden.origin} says"
    where = (loaded.origin(hidden.origin).location(), f"{hidden.origin} is set here")
    advice = "drop one of the two"
    return loaded.finding(
        "override-hides-key", Severity.WARNING, message, leaf.origin, advice, related=(where,)
    )


def _refused(compiled: Compiled, vendor: Vendor, kind: str) -> list[Diagnostic]:
    body = compiled.settings(kind)
    if not body:
        return []
    found = []
    for key in vendor.unknown_keys(kind, body):
        message = f"{vendor.name} has no {kind} field {key!r}"
        near = closest(key.rsplit(".", 1)[-1], vendor.keys_beside(kind, key))
        advice = f"did you mean {near}?" if near else None
        found.append(_at(compiled, kind, key, "vendor-field", message, advice))
    found += [
        _at(compiled, kind, message.split(" ", 1)[0], LIMIT, f"{vendor.name}: {message}")
        for message in vendor.broken_limits(kind, body)
    ]
    return found


def _at(
    compiled: Compiled, kind: str, path: str, rule: str, message: str, advice: str | None = None
) -> Diagnostic:
    """Make the finding at the profile key that wrote the vendor's `path`, or something below or above it."""
    leaves = compiled.leaves_of(kind)
    near = [leaf for leaf in leaves if leaf.at == path] or [
        leaf for leaf in leaves if leaf.at.startswith(path) or path.startswith(leaf.at.split("[", 1)[0])
    ]
    origin = near[0].origin if near else f"targets.{compiled.vendor}"
    return compiled.loaded.finding(rule, Severity.ERROR, message, origin, advice, invalid=True)
