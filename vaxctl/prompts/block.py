"""The managed block: the one part of somebody else's prompt that vaxctl owns.

    You are Ada, the receptionist of ...
                                                    <- the gap: line ends that `put` added, if any
    <!-- vaxctl:begin context sha256=0123456789ab gap=2 -->
    ... text ...
    <!-- vaxctl:end context -->

The begin marker carries the digest of the text as it was written, so that an edit inside the block shows.
`gap` says how many line ends `put` added in front. `remove` takes them out again where the block still
stands at the end or before a blank line; where that would run two paragraphs of the user together
(the block was moved, or something was typed right behind it) they stay.

With p a prompt without a block, and x any prompt that `find` accepts:

    remove(put(p, b)) == p        put(put(x, b), b) == put(x, b)        remove(put(x, b)) == remove(x)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vaxctl.errors import InvalidInput, RefusedAsUnsafe

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"[\w.-]{1,64}")
# What must be seen as a marker even when it is damaged, or was escaped by an editor on its way. Every
# repetition is bounded, so a prompt of a megabyte costs one pass.
_MARKER_START = re.compile(r"(?:<|&lt;)!--[ \t]{0,8}vaxctl:(begin|end)")
_BEGIN = re.compile(r"<!-- vaxctl:begin ([\w.-]{1,64}) sha256=([0-9a-f]{12})(?: gap=([12]))? -->")
_END = re.compile(r"<!-- vaxctl:end ([\w.-]{1,64}) -->")
_BLANK_LINE = re.compile(r"\r?\n\r?\n")
_MEND = (
    "In the prompt, delete the stray vaxctl marker (or everything from the first marker to the last, if the "
    "text between them came from vaxctl), then run the command again: it puts a fresh block in."
)


class BlockRefused(InvalidInput):
    """The text or the name cannot stand in a managed block."""


class PromptBlockBroken(RefusedAsUnsafe):
    """The prompt's markers do not delimit exactly one block, so no edit of it is safe.

    `line` is the line of the prompt, counted from 1, at which the trouble shows.
    """

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(f"line {line} of the prompt: {message}", help=_MEND)
        self.line = line


class ManagedBlock:
    """What vaxctl wants to stand in a prompt. `name`: 1 to 64 letters, digits, `_`, `.`, `-`.

    `text` may be a function that makes it; it is called the first time the text is asked for. Raises
    BlockRefused for another name, and, as soon as there is a text, for one that contains a marker.
    """

    __slots__ = ("_text", "name")

    def __init__(self, name: str, text: str | Callable[[], str]) -> None:
        if not _NAME.fullmatch(name):
            raise BlockRefused(
                f"{name!r} cannot name a managed block",
                help="Use 1 to 64 letters, digits, '_', '.' or '-'.",
            )
        self.name = name
        self._text = _without_marker(name, text) if isinstance(text, str) else text

    @property
    def text(self) -> str:
        """What stands between the markers."""
        if not isinstance(self._text, str):
            self._text = _without_marker(self.name, self._text())
        return self._text

    @property
    def is_blank(self) -> bool:
        """Whether a text that is known already is all white space; one that is still to be made is not made for it."""
        return isinstance(self._text, str) and not self._text.strip()

    @property
    def digest(self) -> str:
        """The first 12 hexadecimal digits of the text's SHA-256."""
        import hashlib  # it loads OpenSSL, which a profile that is only checked does without

        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ManagedBlock) and (self.name, self.text) == (other.name, other.text)

    def __hash__(self) -> int:
        return hash((self.name, self.text))

    def __repr__(self) -> str:
        return f"ManagedBlock({self.name!r}, {self.text!r})"


@dataclass(frozen=True, slots=True)
class FoundBlock:
    """The block as it stands in a prompt.

    `digest` is the one in the marker: of the text as it was written. `intact`: every character from marker
    to marker is as `put` wrote it. `start` and `end` span what `remove` takes out, `marker_start` and `end`
    what `put` replaces; all three are offsets in characters. `gap` is the marker's count of line ends.
    """

    name: str
    text: str
    digest: str
    intact: bool
    start: int
    end: int
    marker_start: int
    gap: int


def put(prompt: str, block: ManagedBlock) -> str:
    """Return the prompt with `block` in it: in place of the one that is there, or else at the end.

    A block that is there is replaced whatever its name and whoever edited it; ask `find` first where that
    matters. Raises PromptBlockBroken.
    """
    found = find(prompt)
    if found:
        return prompt[: found.marker_start] + _written(block, found.gap) + prompt[found.end :]
    gap = _gap_after(prompt)
    return prompt + "\n" * gap + _written(block, gap)


def remove(prompt: str) -> str:
    """Return the prompt without the block and its gap; as it is where there is none.

    Raises PromptBlockBroken.
    """
    found = find(prompt)
    return prompt[: found.start] + prompt[found.end :] if found else prompt


def find(prompt: str) -> FoundBlock | None:
    """Return the one block in the prompt, or None where there is no marker. Raises PromptBlockBroken."""
    if "vaxctl:" not in prompt:
        return None  # the usual case of a prompt that is not ours yet, told without a pass of the pattern
    markers = list(_MARKER_START.finditer(prompt))
    if not markers:
        return None
    begin, end = _one_pair(prompt, markers)
    inner = prompt[begin.end() : end.start()]
    text = inner.removeprefix("\n").removesuffix("\n")
    name, digest, gap = begin[1], begin[2], int(begin[3] or 0)
    written = prompt[begin.start() : end.end()]
    block = ManagedBlock(name, text)
    return FoundBlock(
        name=name,
        text=text,
        digest=digest,
        intact=block.digest == digest and written == _written(block, gap),
        start=begin.start() - _gap_before(prompt, begin.start(), end.end(), gap),
        end=end.end(),
        marker_start=begin.start(),
        gap=gap,
    )


def _without_marker(name: str, text: str) -> str:
    if marker := _MARKER_START.search(text):
        line = _line_at(text, marker.start())
        raise BlockRefused(
            f"the text of block {name!r} contains a vaxctl marker on its line {line}",
            help="Take the marker out of the template or of the variable that brought it in.",
        )
    return text


def _one_pair(prompt: str, markers: list[re.Match[str]]) -> tuple[re.Match[str], re.Match[str]]:
    """Return the begin and the end marker, or say which of the broken situations this is."""
    whole = [_whole(prompt, marker) for marker in markers]
    kinds = [marker[1] for marker in markers]
    lines = [_line_at(prompt, marker.start()) for marker in markers[:4]]
    if kinds[0] == "end":
        raise PromptBlockBroken("a vaxctl block ends here and never began", line=lines[0])
    if len(kinds) == 1:
        raise PromptBlockBroken("a vaxctl block begins here and never ends", line=lines[0])
    if kinds[1] == "begin":
        raise PromptBlockBroken(
            f"a second vaxctl block begins inside the one that began on line {lines[0]}", line=lines[1]
        )
    if len(kinds) > 2:  # noqa: PLR2004 - a pair
        what = "begins" if kinds[2] == "begin" else "ends"
        raise PromptBlockBroken(
            f"a second vaxctl block {what} here, after the one on line {lines[0]}; "
            "was the prompt pasted twice?",
            line=lines[2],
        )
    begin, end = whole
    if begin[1] != end[1]:
        raise PromptBlockBroken(
            f"the vaxctl block {begin[1]!r} of line {lines[0]} ends here as {end[1]!r}", line=lines[1]
        )
    return begin, end


def _whole(prompt: str, marker: re.Match[str]) -> re.Match[str]:
    pattern = _BEGIN if marker[1] == "begin" else _END
    whole = pattern.match(prompt, marker.start())
    if whole is None:
        raise PromptBlockBroken(
            f"the vaxctl {marker[1]} marker is damaged: {prompt[marker.start() : marker.start() + 60]!r}",
            line=_line_at(prompt, marker.start()),
        )
    return whole


def _written(block: ManagedBlock, gap: int) -> str:
    gap_note = f" gap={gap}" if gap else ""
    begin = f"<!-- vaxctl:begin {block.name} sha256={block.digest}{gap_note} -->"
    return f"{begin}\n{block.text}\n<!-- vaxctl:end {block.name} -->"


def _gap_after(prompt: str) -> int:
    """Count the line ends that are missing for one blank line after the prompt."""
    if not prompt or prompt.endswith(("\n\n", "\n\r\n")):
        return 0
    return 1 if prompt.endswith("\n") else 2


def _gap_before(prompt: str, start: int, end: int, gap: int) -> int:
    """Count the line ends in front of the block that go with it (see the module's text)."""
    still_there = gap and prompt.endswith("\n" * gap, 0, start)
    keeps_apart = end == len(prompt) or _BLANK_LINE.match(prompt, end)
    return gap if still_there and keeps_apart else 0


def _line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
