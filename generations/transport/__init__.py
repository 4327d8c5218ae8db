"""The only way out: guarded addresses, one connection a lane, bounded time and bytes. Only here is httpx known."""

from generations.transport.client import Door, Timeouts, open_door
from generations.transport.download import Bounds, Fetched, TooLarge, fetch
from generations.transport.guard import Allowance
from generations.transport.post import Posted, post

__all__ = ["Allowance", "Bounds", "Door", "Fetched", "Posted", "Timeouts", "TooLarge", "fetch", "open_door", "post"]
