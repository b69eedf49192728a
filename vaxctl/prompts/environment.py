"""Jinja's sandbox, tightened: what one operation may make is bounded before it is made.

Importing this module imports jinja2; only `rendering` does so, inside functions. Constant folding is off
(`optimized=False`, and a `finalize` that takes the context): jinja2 would otherwise run filters over
constants while it compiles, where a refusal is taken for "not constant" and the work is done twice.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment

from vaxctl.prompts.bounds import LONGEST_RANGE
from vaxctl.prompts.failure import Refused
from vaxctl.prompts.sizes import (
    BRACES,
    PERCENT,
    check_counts,
    check_format,
    check_length,
    check_power,
    check_product,
    check_replace,
    checked_text,
    length_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# A plan made twice must be the same plan: nothing that draws lots.
_RANDOM_GLOBALS = ("lipsum",)
_RANDOM_FILTERS = ("random",)


class _ConcatBounded(CodeGenerator):
    """`~` is no operator that jinja2's sandbox lets one intercept, so its call is written differently."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - jinja2's name
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The environment of every template, shipped or not. Raises Refused("operation") where one is too big."""

    code_generator_class = _ConcatBounded
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self) -> None:
        super().__init__(
            block_start_string="[%",
            block_end_string="%]",
            variable_start_string="[[",
            variable_end_string="]]",
            comment_start_string="[#",
            comment_end_string="#]",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
            finalize=_unfolded,
            optimized=False,
            autoescape=False,
            cache_size=0,
        )
        self.globals["range"] = _short_range
        for name in _RANDOM_GLOBALS:
            del self.globals[name]
        for name in _RANDOM_FILTERS:
            del self.filters[name]
        self.filters = {name: _bounded(name, one) for name, one in self.filters.items()}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Run `*`, `**`, `%` or `+` once the size of the result is known to be small."""
        if operator == "%" and isinstance(left, str):
            check_format(left, right, PERCENT)
        elif operator == "+":
            check_length(length_of(left) + length_of(right), "+")
        elif operator == "*":
            check_product(left, right)
        elif operator == "**":
            check_power(left, right)
        return checked_text(super().call_binop(context, operator, left, right), operator)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call `obj` as the sandbox does, with bounded counts; its text may not be too long either."""
        name = getattr(obj, "__name__", "the call")
        check_counts(name, args, kwargs)
        if name == "replace" and isinstance(getattr(obj, "__self__", None), str):
            check_replace(obj.__self__, args)
        result = super().call(context, obj, *args, **kwargs)
        return checked_text(result, name)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Guard `str.format` against attribute walks (the sandbox) and against widths (here)."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def bounded(*args: Any, **kwargs: Any) -> str:
            check_format(value.__self__, (args, kwargs), BRACES)
            return wrapped(*args, **kwargs)

        return functools.update_wrapper(bounded, value)

    def joined(self, parts: tuple[Any, ...]) -> str:
        """Return `a ~ b ~ c`."""
        return str(checked_text(str_join(parts), "~"))


@pass_context
def _unfolded(_context: Context, value: Any) -> Any:
    """Print a value as it is; taking the context is what keeps jinja2 from folding constants."""
    return value


def _short_range(*args: int) -> range:
    span = range(*args)
    if len(span) > LONGEST_RANGE:
        raise Refused("operation", f"range() of {len(span):,} items; at most {LONGEST_RANGE:,}")
    return span


def _bounded(name: str, one: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter so that its counts and its text are bounded. Keeps jinja2's marks on it."""

    @functools.wraps(one)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        check_counts(name, args, kwargs)
        texts = [arg for arg in args if isinstance(arg, str)]
        if name == "format" and texts:
            check_format(texts[0], (args, kwargs), PERCENT)
        if name == "replace" and texts:
            check_replace(texts[0], tuple(texts[1:]))
        return checked_text(one(*args, **kwargs), name)

    return bounded
