"""One command that keeps everything running: each part in a session of its own, restarted when it dies or hangs."""

from generations.supervisor.lock import AlreadyRunning, hold_lock
from generations.supervisor.loop import supervise
from generations.supervisor.parts import ROLES, Part, parts

__all__ = ["ROLES", "AlreadyRunning", "Part", "hold_lock", "parts", "supervise"]
