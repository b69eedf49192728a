"""What a cluster can be short of: it is not fit for the work, it was lost at it, or a part cannot be counted there."""

from __future__ import annotations

from local_agent.errors import LocalAgentError


class ClusterUnusable(LocalAgentError):
    """There is no such cluster, or it is not fit for the work: its address or what it consists of must change."""


class ClusterLost(LocalAgentError):
    """The cluster was lost or stood still while it worked; started again, it goes on from the workers' caches."""


class PartUncountable(LocalAgentError):
    """Workers died or failed on one part, whoever had it."""
