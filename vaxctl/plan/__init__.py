"""The plan: what differs between desired and live, who changed it, and carrying it out.

Lives here: comparing, verdicts, plans as values, their JSON; and, in applying and journal alone, the clock and the disk.
Enters: vendors, prompts, profile, diagnostics, errors.
Never: printing, prompting, an HTTP client (a `send` is handed in).
"""
