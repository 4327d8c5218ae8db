"""The only way out: guarded addresses, one connection a lane, bounded time and bytes. Only here is httpx known."""

from generations.transport.client import Door, Timeouts, open_door
from generations.transport.download import Fetched, TooLarge, fetch
from generations.transport.guard import Allowance

__all__ = ["Allowance", "Door", "Fetched", "Timeouts", "TooLarge", "fetch", "open_door"]
