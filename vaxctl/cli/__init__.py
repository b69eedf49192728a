"""The command line: argv → exit code.

Lives here: one file per command, the only room that prints, prompts or exits.
Enters: every room below, inside the function that needs it.
Never: logic another program would want to call.
"""
