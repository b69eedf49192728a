"""How `--help` looks: usage in plain brackets, one aligned list of options, and an example that can be copied."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A command whose help says no more of types than its metavars do. `epilog` holds examples, one a line."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command's name in the usage line."""
        return [
            "[OPTIONS]",
            *(_argument(parameter) for parameter in self.get_params(ctx) if _is_argument(parameter)),
        ]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options."""
        parameters = self.get_params(ctx)
        _section(formatter, "Arguments", [(_argument(p), _told(p)) for p in parameters if _is_argument(p)])
        panels: dict[str, list[tuple[str, str]]] = {}
        for p in parameters:  # a command with many options names what they are about, in `rich_help_panel`
            if not _is_argument(p):
                panels.setdefault(getattr(p, "rich_help_panel", None) or "Options", []).append(
                    (_option(p), _told(p))
                )
        for title, rows in sorted(panels.items(), key=lambda panel: panel[0] == "Options"):
            _section(formatter, title, rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they stand: a wrapped command cannot be copied."""
        del ctx
        _examples(self.epilog, formatter)


class Group(TyperGroup):
    """A group of commands with the same manners."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, then the commands."""
        _section(formatter, "Options", [(_option(p), _told(p)) for p in self.get_params(ctx)])
        self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they stand."""
        del ctx
        _examples(self.epilog, formatter)


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _argument(parameter: Any) -> str:
    name = f"{parameter.metavar or parameter.name.upper()}{'...' if parameter.nargs == -1 else ''}"
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.is_flag:
        return names
    return f"{names} {parameter.metavar or parameter.name.upper()}"


def _told(parameter: Any) -> str:
    text = str(parameter.help or "")
    default = parameter.default
    if _is_argument(parameter) or getattr(parameter, "is_flag", False) or parameter.required:
        default = None if not _is_argument(parameter) or parameter.required else default
    if parameter.required and not _is_argument(parameter):
        return f"{text}  [required]"
    return f"{text}  [default: {default}]" if isinstance(default, (str, int)) or _is_path(default) else text


def _is_path(value: object) -> bool:
    from pathlib import Path

    return isinstance(value, Path)


def _section(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


def _examples(epilog: str | None, formatter: Any) -> None:
    lines = (epilog or "").strip().splitlines()
    if lines:
        formatter.write(f"\n{'Examples' if len(lines) > 1 else 'Example'}:\n")
        formatter.write("".join(f"  {line.strip()}\n" for line in lines))
