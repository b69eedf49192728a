"""Which commands are put together for a command line."""

from __future__ import annotations

import pytest
import typer

from vaxctl.cli.app import _COMMANDS, application


def _names(*arguments: str) -> list[str]:
    group = typer.main.get_command(application(arguments))
    return list(group.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_a_command_that_is_named_is_put_together_alone(name: str) -> None:
    """Options may stand before it; its own arguments are not mistaken for it."""
    assert _names(name, "plan", "--json") == [name]
    assert _names("--unknown", name) == [name]


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--version",), ("valdate", "plan")])
def test_else_all_of_them_are(arguments: tuple[str, ...]) -> None:
    """Help lists them in order, and a misspelt one is told from all there are."""
    assert _names(*arguments) == list(_COMMANDS)
