"""Exceptions and the exit codes they carry.

Findings about a user's files are values (`vaxctl.diagnostics`); an exception is a promise that could not
be kept. Each class knows whose fault it is, and so which exit code scripts see.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process returns; the same with and without `--json`. Part of the public interface."""

    DONE = 0
    UNEXPECTED = 1
    CHANGES_PENDING = 2
    INVALID = 3
    POLICY = 4
    CONFLICT = 5
    UNSAFE = 6
    PARTLY_APPLIED = 7
    CREDENTIALS = 8
    VENDOR_UNAVAILABLE = 9
    INTERRUPTED = 130


class VaxctlError(Exception):
    """A promise that could not be kept. `help` is the next step for the person who reads it."""

    exit_code = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, help: str | None = None) -> None:  # noqa: A002 - the word users see
        super().__init__(message)
        self.message = message
        self.help = help


class InvalidInput(VaxctlError):
    """A file, option or argument cannot be used as it is."""

    exit_code = ExitCode.INVALID


class PolicyViolated(VaxctlError):
    """The input is valid, but a rule that counts as an error speaks against it."""

    exit_code = ExitCode.POLICY


class PlanIsStale(VaxctlError):
    """The live object is no longer the one that was planned against."""

    exit_code = ExitCode.CONFLICT


class DriftNotAccepted(VaxctlError):
    """Somebody changed what the profile owns; overwriting that was not asked for."""

    exit_code = ExitCode.CONFLICT


class RefusedAsUnsafe(VaxctlError):
    """Going on could lose somebody's work, or nobody was there to confirm."""

    exit_code = ExitCode.UNSAFE


class VerificationFailed(VaxctlError):
    """After a write the live object is not what was written, or something else changed with it."""

    exit_code = ExitCode.PARTLY_APPLIED


class CredentialsRejected(VaxctlError):
    """A vendor key is missing or was refused."""

    exit_code = ExitCode.CREDENTIALS


class VendorUnavailable(VaxctlError):
    """A vendor could not be reached, or kept refusing for lack of capacity."""

    exit_code = ExitCode.VENDOR_UNAVAILABLE


class VendorRefused(VaxctlError):
    """The vendor answered, and the answer was no (a 4xx other than 401, 403, 408 and 429)."""

    exit_code = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, status: int, help: str | None = None) -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.status = status


class OutcomeUnknown(VendorUnavailable):
    """A write that must not be repeated blindly failed in a way that may have taken effect."""
