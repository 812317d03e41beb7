"""What this server runs for models: tries, servers, and the copies they work on."""

from __future__ import annotations

from .probe import Prober
from .scratch.copies import Copies
from .scratch.servers import ModelServers
from .scratch.tries import Tries


class ModelJobs:
    """One per server; everything ends with it."""

    def __init__(self) -> None:
        self.prober = Prober()
        self.copies = Copies()
        self.tries = Tries()
        self.servers = ModelServers()

    async def stop(self) -> None:
        """End all processes and remove the copies."""
        await self.tries.stop()
        await self.servers.stop()
        await self.copies.close()
