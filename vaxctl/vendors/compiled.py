"""What a profile becomes at a vendor: owned leaves, the report of what was exact, and findings. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vaxctl.prompts.block import ManagedBlock, find, put, remove
from vaxctl.vendors.canonical import same
from vaxctl.vendors.paths import MISSING, LeafPath, as_text, get, lay
from vaxctl.vendors.paths import remove as remove_leaf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile
    from vaxctl.vendors.capability import Capability


@dataclass(frozen=True, slots=True)
class Absent:
    """A leaf we own and want gone (a rule of ours that is switched off).

    With a `trace`, gone only where it holds just that, which we once wrote; anything else there is not ours.
    """

    trace: Any = MISSING

    def meets(self, value: Any) -> bool:
        """Whether what stands there is ours to remove."""
        return value is not MISSING and (self.trace is MISSING or same(self.trace, value))


@dataclass(frozen=True, slots=True)
class InPrompt:
    """Our managed block inside somebody else's prompt; None wants it gone."""

    block: ManagedBlock | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One owned leaf. `kind` is the resource it stands in, `origin` the profile key that asked for it."""

    kind: str
    path: LeafPath
    value: Any
    origin: str

    @property
    def at(self) -> str:
        """The path as text."""
        return as_text(self.path)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A profile in one vendor's words. `leaves` are all that may ever be compared or written."""

    vendor: str
    loaded: LoadedProfile
    leaves: tuple[Leaf, ...]
    capabilities: tuple[Capability, ...]
    findings: tuple[Diagnostic, ...] = ()
    kinds: tuple[str, ...] = field(default=())
    _settings: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)

    def leaves_of(self, kind: str) -> tuple[Leaf, ...]:
        """Return the leaves of one resource kind."""
        return tuple(leaf for leaf in self.leaves if leaf.kind == kind)

    def body(self, kind: str) -> dict[str, Any]:
        """Return the owned leaves of one kind in the vendor's own JSON shape, laid over nothing."""
        tree = self.settings(kind)
        for leaf in self.leaves_of(kind):
            if isinstance(leaf.value, InPrompt) and leaf.value.block is not None:
                tree = lay(tree, leaf.path, put("", leaf.value.block))
        return tree

    def settings(self, kind: str) -> dict[str, Any]:
        """Return the body without our block in a prompt: what limits and rules read. It is not to be changed.

        It is made once. No vendor's limit of a prompt is near the most that a block can hold.
        """
        if kind not in self._settings:
            tree: dict[str, Any] = {}
            for leaf in self.leaves_of(kind):
                if not isinstance(leaf.value, Absent | InPrompt):
                    tree = lay(tree, leaf.path, leaf.value)
            self._settings[kind] = tree
        return self._settings[kind]


def overlay(tree: dict[str, Any], leaves: Iterable[Leaf]) -> dict[str, Any]:
    """Return a copy of the live object `tree` with every owned leaf as desired; all else is untouched.

    Null is not written where nothing stands: to both vendors an absent key and a cleared one are the same.
    Raises `PromptBlockBroken` where the prompt holds a torn or doubled block.
    """
    for leaf in leaves:
        tree = _laid(tree, leaf)
    return tree


def owned_value(tree: dict[str, Any], leaf: Leaf) -> Any:
    """Return what the live object holds at an owned leaf: for a prompt, our block's text alone."""
    value = get(tree, leaf.path)
    if isinstance(leaf.value, Absent):
        return value if leaf.value.meets(value) else MISSING
    if not isinstance(leaf.value, InPrompt):
        return MISSING if value is None else value
    found = find(value) if isinstance(value, str) else None
    return MISSING if found is None else found.text


def desired_value(leaf: Leaf) -> Any:
    """Return what an owned leaf should hold, in the form of `owned_value`."""
    if isinstance(leaf.value, Absent) or leaf.value is None:
        return MISSING
    if isinstance(leaf.value, InPrompt):
        return MISSING if leaf.value.block is None else leaf.value.block.text
    return leaf.value


def _laid(tree: dict[str, Any], leaf: Leaf) -> dict[str, Any]:
    current = get(tree, leaf.path)
    if isinstance(leaf.value, InPrompt):
        return _prompt_laid(tree, leaf.path, current, leaf.value.block)
    if isinstance(leaf.value, Absent):
        if not leaf.value.meets(current):
            return tree
        gone: dict[str, Any] = remove_leaf(tree, leaf.path)
        return gone
    if leaf.value is None and current in (MISSING, None):
        return tree
    laid: dict[str, Any] = lay(tree, leaf.path, leaf.value)
    return laid


def _prompt_laid(
    tree: dict[str, Any],
    path: LeafPath,
    current: Any,
    block: ManagedBlock | None,
) -> dict[str, Any]:
    prompt = current if isinstance(current, str) else ""
    text = remove(prompt) if block is None else put(prompt, block)
    if text == prompt:
        return tree
    laid: dict[str, Any] = lay(tree, path, text)
    return laid
