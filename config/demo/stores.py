"""The database and broker of the demo: the ones it is given, else the embedded ones."""

import asyncio

from config.demo.plan import Plan
from config.servers.client import ensure, release
from config.servers.postgres import Postgres
from config.servers.server import Server
from config.servers.valkey import Valkey

LOOK_SECONDS = 1.0


class Stores:
    """PostgreSQL and Valkey for one run."""

    def __init__(self, plan: Plan) -> None:
        self._given = (plan.env.get("DATABASE_URL"), plan.env.get("REDIS_URL"))
        self._servers: list[Server] = [Postgres(plan.data_dir), Valkey(plan.data_dir)]
        self._embedded = [server for server, given in zip(self._servers, self._given, strict=True) if not given]

    async def start(self) -> list[str]:
        """The URLs of the database and the broker, both running; ServerError if one cannot be had."""
        return await asyncio.gather(*map(self._url, self._servers, self._given))

    async def _url(self, server: Server, given: str | None) -> str:
        return given if given else await asyncio.to_thread(ensure, server)

    async def watch(self) -> None:
        """See to it, without end, that the keepers live: they restart servers, and we restart them."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for server in self._embedded:
                if not server.folder.is_kept():
                    await asyncio.to_thread(ensure, server)

    async def stop(self) -> None:
        """Stop the embedded ones, unless somebody else uses them too."""
        await asyncio.gather(*(asyncio.to_thread(release, server) for server in self._embedded))
