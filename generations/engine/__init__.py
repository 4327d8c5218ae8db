"""One looping task: it submits, looks and sweeps on one asyncio loop. Any number may run; rows decide who wins."""

from generations.engine.loop import run

__all__ = ["run"]
