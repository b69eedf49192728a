"""A pull request's template runs in CI: whatever it tries ends in a clear error, by the limits themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from vaxctl.prompts.bounds import Bounds
from vaxctl.prompts.templates import render
from vaxctl.prompts.workshop import WORKSHOP

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.prompts.failure import TemplateFailed

    Fail = Callable[..., TemplateFailed]

QUICK = Bounds(wall_s=0.2)
DOUBLING = (
    "[% set n = namespace(x={start}) %][% for i in range(99) %][% set n.x = {step} %][% endfor %][[ n.x ]]"
)


@pytest.mark.parametrize(
    "source",
    [
        "[[ ''.__class__.__mro__ ]]",
        "[[ ''['__class__'] ]]",
        "[[ cycler.__init__.__globals__ ]]",
        "[[ joiner.__init__.__globals__.os ]]",
        "[[ namespace.__init__ ]]",
        "[[ self.__init__.__globals__ ]]",
        "[[ ''|attr('__class__') ]]",
        "[[ '{0.__class__.__mro__}'.format(1) ]]",
        "[[ '{x.__class__}'.format_map({'x': 1}) ]]",
        "[% set f = '{0.__class__}'.format %][[ f(1) ]]",
        "[[ ['{0.__class__}']|map('attr', 'format')|first ]][[ ('{0.__class__}'|attr('format'))(1) ]]",
        "[% macro m() %][% endmacro %][[ m.__class__ ]]",
        "[[ range.__class__ ]]",
        "[[ words.append('x') ]]",
        "[[ {'a': 1}.update(b=2) ]]",
    ],
)
def test_python_objects_are_out_of_reach(fail: Fail, source: str) -> None:
    """Walking from a value to Python's insides, or changing a value, is forbidden and said so."""
    error = fail(source, words=["a"])
    assert "forbidden: access to attribute" in error.message
    assert error.line == 1


@pytest.mark.parametrize(
    "source",
    [
        "[[ open('/etc/passwd').read() ]]",
        "[[ os.environ ]]",
        "[[ environ['HOME'] ]]",
        "[[ __import__('os') ]]",
        "[[ config ]]",
        "[[ lipsum() ]]",
    ],
)
def test_files_and_environment_have_no_name(fail: Fail, source: str) -> None:
    """Nothing that reads a file, the environment or chance is there to be called."""
    assert "unknown variable" in fail(source).message


@pytest.mark.parametrize(
    "source",
    [
        "\n[% include '/etc/passwd' %]",
        "\n[% import 'x' as y %]",
        "\n[% from 'x' import y %]",
        "\n[% extends 'x' %]",
        "\n[% include 'x' ignore missing %]",
    ],
)
def test_there_is_no_other_template(fail: Fail, source: str) -> None:
    """Including another file is answered with the line and with what to do."""
    error = fail(source)
    assert "templates cannot read files" in error.message
    assert error.line == 2
    assert error.help == "A template is one file: copy the text in."


def test_loops_inside_loops_meet_the_clock(fail: Fail) -> None:
    """A render that goes on is ended from outside, and the next template finds a fresh worker."""
    loop = "[% for i in range(9999) %]"
    before = WORKSHOP.pid
    error = fail(loop * 4 + "[% endfor %]" * 4, bounds=QUICK)
    assert "took over 0.2 s" in error.message
    assert "loop that does not end" in (error.help or "")
    assert WORKSHOP.pid is None
    assert render("[[ x ]] after the clock", {"x": 1}, name="mine.j2") == "1 after the clock"
    assert WORKSHOP.pid not in {None, before}


@pytest.mark.parametrize(
    "source",
    [
        "[% macro m() %][[ m() ]][% endmacro %][[ m() ]]",
        "[% for x in [1] recursive %][[ loop([1]) ]][% endfor %]",
        "[[ " + "(" * 50_000 + "1" + ")" * 50_000 + " ]]",
        "[[ " + "[" * 5_000 + "]" * 5_000 + " ]]",
        "[[ " + "not " * 20_000 + "1 ]]",
        "[[ 1" + "+1" * 5_000 + " ]]",
        "[[ x" + ".y" * 5_000 + " ]]",
        "[% if x %]" * 5_000,
        "[% for i in [1] %]" * 30 + "[% endfor %]" * 30,
    ],
)
def test_depth_is_bounded(fail: Fail, source: str) -> None:
    """Recursion and deep nesting, when parsed, compiled or run, are called what they are."""
    assert "nested too deeply" in fail(source).message


@pytest.mark.parametrize(
    "source",
    [
        "[[ 'a' * 10**9 ]]",
        "[[ 10**9 * ['a'] ]]",
        "[[ 9 ** 9 ** 9 ** 9 ** 9 ]]",
        "[% set n = namespace(x=9) %][% for i in range(99) %][% set n.x = n.x * n.x %][% endfor %]",
        "[[ range(10**9) ]]",
        "[[ 'a'.center(10**9) ]]",
        "[[ 'a'.zfill(10**99) ]]",
        "[[ 'a'|center(10**9) ]]",
        "[[ 'a'|indent(width=10**9) ]]",
        "[[ [1]|batch(10**9, 'x')|list ]]",
        "[[ ['a']|map('center', 10**9)|list ]]",
        "[[ '%1000000000d'|format(1) ]]",
        "[[ '%1000000000d' % 1 ]]",
        "[[ '%*d' % (10**9, 1) ]]",
        "[[ '%.*f'|format(10**5, 1) ]]",
        "[[ ('%(x)s' * 9999) % {'x': 'b' * 9999} ]]",
        "[[ ('%s' * 999)|format(*(['b' * 9999] * 999)) ]]",
        "[[ ('{0}' * 9999).format('b' * 9999) ]]",
        "[[ '{:1000000000}'.format(1) ]]",
        "[[ '{:{}}'.format(1, 10**5) ]]",
        "[[ ('a' * 99999)|replace('a', 'b' * 99999) ]]",
        "[[ ('a' * 99999).replace('a', 'b' * 99999) ]]",
        "[[ range(9999)|join('b' * 99) ]]",
        DOUBLING.format(start="'a'", step="n.x ~ n.x"),
        DOUBLING.format(start="'a'", step="n.x + n.x"),
        DOUBLING.format(start="['a']", step="n.x + n.x"),
        DOUBLING.format(start="'a'", step="n.x|replace('a', 'aa')"),
        DOUBLING.format(start="'a'", step="'%s%s' % (n.x, n.x)"),
        DOUBLING.format(start="'a'", step="'{0}{0}'.format(n.x)"),
    ],
)
def test_no_operation_makes_something_huge(fail: Fail, source: str) -> None:
    """Repeats, paddings, formats and doublings are refused by their size; an output of that size is too."""
    before = WORKSHOP.pid
    error = fail(source)
    assert error.line == 1
    assert any(says in error.message for says in ("at most", "a format with", "too large"))
    assert WORKSHOP.pid == before or before is None


def test_output_is_cut_at_its_limit(fail: Fail) -> None:
    """A long output is refused while it is written, counted in bytes; one at the limit is not."""
    tight = Bounds(output_bytes=1024)
    source = "[% for i in range(n) %]é[% endfor %]"
    assert "wrote over 1 kB" in fail(source, bounds=tight, n=513).message
    assert render(source, {"n": 512}, name="mine.j2", bounds=tight) == "é" * 512


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the address space limit")
def test_memory_is_bounded(fail: Fail) -> None:
    """What slips past the single operations meets the worker's memory limit, and the worker is replaced."""
    error = fail(DOUBLING.format(start="['a']", step="[n.x, n.x]|sum(start=[])"))
    assert "used too much memory" in error.message
    assert WORKSHOP.pid is None
