"""Parsing and rendering in this process; called by the worker, and directly only for shipped templates."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from vaxctl.prompts.bounds import SOURCE_LIMIT_BYTES, Bounds
from vaxctl.prompts.failure import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType

    from jinja2 import Template, nodes

    from vaxctl.prompts.environment import BoundedEnvironment

_UNDEFINED = re.compile(r"'([^']{1,200})' is undefined")
_TOO_DEEP = "nested too deeply"
_LONGEST_DETAIL = 300


@functools.cache
def environment() -> BoundedEnvironment:
    """Return the one environment of this process."""
    from vaxctl.prompts.environment import BoundedEnvironment

    return BoundedEnvironment()


def parsed(source: str) -> nodes.Template:
    """Return the template's tree. Nothing of the template runs. Raises Refused."""
    from jinja2 import TemplateSyntaxError, nodes

    check_source_size(source)
    try:
        tree = environment().parse(source)
        elsewhere = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
        other = next(tree.find_all(elsewhere), None)
    except TemplateSyntaxError as error:
        raise Refused("syntax", f"syntax error: {_short(error.message or '')}", error.lineno) from error
    except RecursionError as error:
        raise Refused("depth", _TOO_DEEP) from error
    except ValueError as error:  # an integer of over 4,300 digits, which Python itself refuses to read
        raise Refused("syntax", f"syntax error: {_short(str(error))}") from error
    if other is not None:
        word = {"FromImport": "import"}.get(type(other).__name__, type(other).__name__.lower())
        raise Refused("loader", f"[% {word} %] is not available: templates cannot read files", other.lineno)
    return tree


def check_source_size(source: str) -> None:
    """Raise Refused where the source is over the limit."""
    size = len(source) if len(source) > SOURCE_LIMIT_BYTES else len(source.encode("utf-8", "surrogatepass"))
    if size > SOURCE_LIMIT_BYTES:
        raise Refused("source", f"the template is over {SOURCE_LIMIT_BYTES // 1024} kB")


def rendered(source: str, variables: Mapping[str, Any], bounds: Bounds) -> str:
    """Return the text of the template, at most `bounds.output_bytes` of it. Raises Refused.

    Neither time nor memory is held here: that is the worker process's part.
    """
    template = _compiled(source)
    try:
        context = template.new_context(dict(variables))
        return _cut(template.root_render_func(context), bounds.output_bytes)
    except Exception as error:
        raise _explained(error, template) from error


@functools.lru_cache(maxsize=8)
def _compiled(source: str) -> Template:
    tree = parsed(source)
    env = environment()
    try:
        # The file name is how _line knows the template's own frames.
        code: CodeType = env.compile(tree, filename="<template>")
    except (RecursionError, MemoryError, SyntaxError) as error:
        # What can go wrong in the generated Python: over 20 loops inside each other, too many brackets.
        raise Refused("depth", _TOO_DEEP) from error
    except Exception as error:
        from jinja2 import TemplateSyntaxError

        if isinstance(error, TemplateSyntaxError):
            raise Refused("syntax", f"syntax error: {_short(error.message or '')}", error.lineno) from error
        raise
    return env.template_class.from_code(env, code, env.make_globals(None))


def _cut(chunks: Iterator[str], limit: int) -> str:
    """Join the chunks, and stop at the first one over the limit."""
    kept, size = [], 0
    for chunk in chunks:
        size += len(chunk.encode("utf-8", "surrogatepass"))
        if size > limit:
            raise Refused("output", f"wrote over {limit / 1024:g} kB")
        kept.append(chunk)
    return "".join(kept)


def _explained(error: Exception, template: Template) -> Refused:
    """Turn what a template raised into the words for it, with the template's line."""
    from jinja2 import UndefinedError
    from jinja2.exceptions import SecurityError

    line = _line(error, template)
    message = _short(str(error))
    if isinstance(error, Refused):
        return Refused(error.kind, error.detail, line)
    if isinstance(error, SecurityError):
        return Refused("forbidden", f"forbidden: {message}", line)
    if isinstance(error, UndefinedError):
        unknown = _UNDEFINED.fullmatch(message)
        return Refused("undefined", unknown[1], line) if unknown else Refused("error", message, line)
    if isinstance(error, RecursionError):
        return Refused("depth", _TOO_DEEP, line)
    if isinstance(error, MemoryError):
        return Refused("memory", "used too much memory", line)
    return Refused("error", f"{type(error).__name__}: {message}", line)


def _line(error: Exception, template: Template) -> int | None:
    """Return the line of the innermost frame that is the template's own."""
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<template>":
            line = template.get_corresponding_lineno(at.tb_lineno)
        at = at.tb_next
    return line


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_DETAIL else message[:_LONGEST_DETAIL] + "…"
