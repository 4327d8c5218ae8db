"""Names that lead where a test says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable


class Lookups:
    """Answers every name lookup of a loop with the same addresses; `names` are those that were asked for."""

    def __init__(self, addresses: Iterable[str], *, hang: bool = False, error: OSError | None = None) -> None:
        self.addresses, self.hang, self.error = list(addresses), hang, error
        self.names: list[str] = []

    async def __call__(self, host: str, port: int, **kwargs: object) -> list[tuple[object, ...]]:
        self.names.append(host)
        if self.hang:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.addresses]
