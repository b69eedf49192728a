"""argv → exit code: every way a run can end, told the same with and without `--json`."""

from __future__ import annotations

import os
import sys

from vaxctl.errors import ExitCode, InvalidInput, VaxctlError


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code (see `ExitCode`). Prints; never raises what a user could cause."""
    import typer

    from vaxctl.cli.app import app

    as_json = "--json" in arguments or _format_is_json(arguments)
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="vaxctl", standalone_mode=False)
        return int(code or 0)
    except VaxctlError as error:
        return _failed(error, as_json=as_json)
    except typer.Abort:
        return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as error:
        if not _is_usage(error, typer.BadParameter):
            return _bug(error, as_json=as_json)
        return _failed(_usage(error), as_json=as_json)


def _format_is_json(arguments: list[str]) -> bool:
    pairs = zip(arguments, arguments[1:], strict=False)
    return "--format=json" in arguments or ("--format", "json") in pairs


def _is_usage(error: Exception, bad_parameter: type[Exception]) -> bool:
    """Whether click, or the copy of it inside typer, raised this: both name their base ClickException."""
    bases = {base for base in bad_parameter.__mro__ if base.__name__ == "ClickException"}
    return isinstance(error, tuple(bases))


def _usage(error: Exception) -> InvalidInput:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "vaxctl"
    return InvalidInput(message, help=f"{command} --help shows the usage")


def _failed(error: VaxctlError, *, as_json: bool) -> int:
    from vaxctl.cli.console import err, out_json, style

    if as_json:
        from vaxctl.plan.document import error_document

        out_json(error_document(error))
    paint = style(sys.stderr)
    err(f"{paint.error('error:')} {paint.visible(error.message)}")
    if error.help:
        err(f"  help: {paint.visible(error.help)}")
    return int(error.exit_code)


def _interrupted() -> int:
    sys.stderr.write("\ninterrupted\n")
    return int(ExitCode.INTERRUPTED)


def _pipe_closed() -> int:
    """Whoever read our output has had enough (`| head`); say nothing, and keep Python from saying it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.DONE)


def _bug(error: Exception, *, as_json: bool) -> int:
    if os.environ.get("VAXCTL_DEBUG"):
        raise error
    where = _last_frame(error)
    advice = "this is a bug in vaxctl; VAXCTL_DEBUG=1 shows where it happened"
    return _failed(VaxctlError(f"{type(error).__name__} in {where}", help=advice), as_json=as_json)


def _last_frame(error: Exception) -> str:
    """Name the place of a bug without the values that were in it: they could be secrets."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
