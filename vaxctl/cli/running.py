"""argv → exit code: every way a run can end, told the same with and without `--json`."""

from __future__ import annotations

import itertools
import os
import sys

from vaxctl.errors import ExitCode, InvalidInput, VaxctlError


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code (see `ExitCode`). Prints; never raises what a user could cause."""
    as_json = "--json" in arguments or _format_is_json(arguments)
    try:
        return _dispatched(arguments)
    except VaxctlError as error:
        return _failed(error, as_json=as_json)
    except (KeyboardInterrupt, EOFError):
        return _interrupted(as_json=as_json)
    except SystemExit as end:  # shell completion ends the process by itself
        return end.code if isinstance(end.code, int) else int(ExitCode.DONE)
    except OSError as error:  # a folder or file that cannot be read or written, a full device
        return _failed(_of_the_system(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the last net: a bug is told as one, without the values in it
        return _bug(error, as_json=as_json)


def _dispatched(arguments: list[str]) -> int:
    """Let typer run the command; what it raises itself becomes our own exceptions."""
    import typer

    from vaxctl.cli.app import application

    try:
        command = typer.main.get_command(application(arguments))
        code = command.main(arguments, prog_name="vaxctl", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except ModuleNotFoundError as error:
        raise (_absent_extra(error) or error) from None
    except Exception as error:
        if not _is_usage(error, typer.BadParameter):
            raise
        raise _usage(error) from None
    if code == ExitCode.INTERRUPTED:  # typer's reading of Ctrl-C
        raise KeyboardInterrupt
    return int(code or 0)


def _format_is_json(arguments: list[str]) -> bool:
    pairs = itertools.pairwise(arguments)
    return "--format=json" in arguments or ("--format", "json") in pairs


def _is_usage(error: Exception, bad_parameter: type[Exception]) -> bool:
    """Whether click, or the copy of it inside typer, raised this: both name their base ClickException."""
    bases = {base for base in bad_parameter.__mro__ if base.__name__ == "ClickException"}
    return isinstance(error, tuple(bases))


def _usage(error: Exception) -> InvalidInput:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "vaxctl"
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        from vaxctl.cli.console import err

        err(context.get_help() + "\n")
        return InvalidInput("no command given", help=f"one of the commands above goes after {command}")
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return InvalidInput(message, help=f"{command} --help shows the usage")


def _absent_extra(error: ModuleNotFoundError) -> VaxctlError | None:
    """Tell a command of the local agent that was run without its extra from a bug."""
    from local_agent.errors import extra_missing

    absent = extra_missing(error)
    return InvalidInput(absent.message, help=absent.help) if absent else None


def _of_the_system(error: OSError) -> VaxctlError:
    """Tell what the system refused: with a name it is about a file of the user's, without one about the machine."""
    why = error.strerror or type(error).__name__
    if error.filename is None:
        return VaxctlError(f"the system refused: {why}")
    advice = "run where this can be read and written"
    return InvalidInput(f"{os.fsdecode(error.filename)}: {why}", help=advice)


def _failed(error: VaxctlError, *, as_json: bool) -> int:
    from vaxctl.cli.console import OutputFailed, err, out_json, style, width
    from vaxctl.report.style import wrap

    if as_json and not isinstance(error, OutputFailed):
        out_json(_document(error))
    paint = style(sys.stderr)
    message = wrap(paint.visible(error.message), width() - len("error: ")).replace("\n", "\n       ")
    err(f"{paint.error('error:')} {message}")
    if error.help:
        advice = wrap(paint.visible(error.help), width() - len("  help: ")).replace("\n", "\n        ")
        err(f"  help: {advice}")
    return int(error.exit_code)


def _document(error: VaxctlError) -> dict[str, object]:
    """Return the one document of a run that failed; with the findings, where findings were the reason."""
    from vaxctl.cli.gathering import Unusable
    from vaxctl.cli.local import diagnostics_of
    from vaxctl.plan.document import error_document

    document = error_document(error)
    findings = error.findings if isinstance(error, Unusable) else diagnostics_of(error)
    if findings:
        from vaxctl.report.findings_json import as_json

        document["diagnostics"] = [as_json(finding) for finding in findings]
    return document


class _Interrupted(VaxctlError):
    """Somebody pressed Ctrl-C, or closed the terminal we asked on."""

    exit_code = ExitCode.INTERRUPTED


def _interrupted(*, as_json: bool) -> int:
    sys.stderr.write("\n")
    advice = "writes that were sent stand in .vaxctl/runs; the next plan shows what is left to do"
    return _failed(_Interrupted("interrupted", help=advice), as_json=as_json)


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
