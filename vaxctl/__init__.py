"""vaxctl: the turn-taking of voice agents as a reviewed file.

Lives here: the rooms of the declarative half: source, profile, rules, prompts, vendors, plan, sandbox, report, cli.
Enters: nothing from local_agent; it is opened by cli alone, and lazily.
Never: work at import time; `import vaxctl` costs nothing but this file.
"""

__version__ = "0.1.0"
