"""The sandbox: a provider of our own that speaks real dialects over real HTTP and films nothing.

It is the default provider of a fresh portal, the demo and the test double. Tests embed it:

    with Sandbox(speed=200) as sandbox:
        httpx.post(f"{sandbox.url}/v1/video/generations", ...)
"""

from generations.sandbox.server import Sandbox

__all__ = ["Sandbox"]
