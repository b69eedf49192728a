"""A secret stands in the profile.

## What it finds
Text of the shape of a key, wherever it stands in a file (other environments, vendor overrides, template
variables and comments too): Retell and `sk-` keys, bearer tokens, JSON web tokens, AWS and GitHub keys,
private keys, a password or a key inside a URL. And any value that looks random under a name such as `secret`,
`token`, `password`, `api_key` or `authorization`. The finding hides it.

## Why it matters
A profile is reviewed, copied, logged and kept in version control for good. Tools that print plans have
leaked such keys in CI more than once (decK pull request 463; Terraform issue 27577; read 2026-11). vaxctl
reads its keys from the environment (RETELL_API_KEY, VAPI_API_KEY) and never from a profile.

## What to do
Take it out, and revoke it: it is in the history. Keep secrets at the vendor: both store credentials for
servers and tools, and an override names their id. vaxctl fills no placeholders: `${NAME}` would be sent as it
stands (rule placeholder-not-filled). A run-time slot of the platform, `{{name}}`, is left alone.

## Bad
```yaml
context_preservation:
  variables:
    crm_token: 9fQ2xLr7TzW4mKpB1cVd
```

## Good
```yaml
targets:
  vapi:
    assistant_id: 5ca1ab1e-0000-4000-8000-000000000001
    overrides: {server: {credentialId: 5ca1ab1e-0000-4000-8000-00000000000c}}
```

## Excuse
```yaml
# vaxctl: allow plaintext-secret -- test system without data, resets nightly
crm_token: 9fQ2xLr7TzW4mKpB1cVd
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Diagnostic, Severity
from vaxctl.rules.places import documents_of
from vaxctl.rules.secrets import Veil, secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.ERROR

NEEDS_PROFILE = False


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find secrets in every document that the profile is made of, masked."""
    for document in documents_of(loaded).values():
        for secret in secrets_in(document):
            line = document.line(secret.location.line)
            message = f"{secret.what} stands here in plain text"
            advice = (
                "take it out and revoke it; keys come from the environment or the vendor's own credentials"
            )
            finding = Diagnostic("plaintext-secret", SEVERITY, message, secret.location, advice, line)
            yield Veil([document]).over(finding)
