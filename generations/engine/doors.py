"""One door a provider, kept while its address stays the same."""

from __future__ import annotations

import ssl

from generations.models import Provider
from generations.transport import Allowance, Door
from generations.transport.lanes import tls_context

Shape = tuple[str, bool]


class Doors:
    """The engine's doors. A provider whose address changed gets a new one; the old one closes when idle."""

    def __init__(self) -> None:
        self.context: ssl.SSLContext = tls_context()
        self.open: dict[int, tuple[Shape, Door]] = {}
        self.retired: list[Door] = []

    def to(self, provider: Provider) -> Door:
        """The door to this provider as it is configured now."""
        shape = (provider.origin, provider.allow_private)
        known = self.open.get(provider.pk)
        if known and known[0] == shape:
            return known[1]
        if known:
            self.retired.append(known[1])
        allowance = Allowance(provider.origin if provider.allow_private else "")
        door = Door(provider.base_url, allowance, context=self.context)
        self.open[provider.pk] = (shape, door)
        return door

    async def aclose(self) -> None:
        for door in [*self.retired, *(door for _, door in self.open.values())]:
            await door.aclose()
