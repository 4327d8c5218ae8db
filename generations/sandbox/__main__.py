"""python -m generations.sandbox: the sandbox as a process of its own, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from generations.process import STOP_FD, die_with_parent
from generations.sandbox.front import DIALECTS
from generations.sandbox.server import DEFAULT_KEY, Sandbox

DEFAULT_PORT = 8001
STOPS = (signal.SIGTERM, signal.SIGINT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; 0 after a stop, 1 when the port is taken or the folder cannot be used."""
    # Blocked and waited for instead of handled: nothing is interrupted half-way, and the wait ends at once.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    if STOP_FD in os.environ:
        die_with_parent()  # started by the portal, whose next start needs this port again
    options = _parser().parse_args(arguments)
    try:
        sandbox = _sandbox(options)
    except ValueError as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot start on {options.host}:{options.port}: {error}\n")
        return 1
    with sandbox:
        sys.stdout.write(f"Sandbox provider on {sandbox.url} (dialect: {', '.join(DIALECTS)})\n")
        sys.stdout.flush()
        signal.sigwait(STOPS)
    return 0


def _sandbox(options: argparse.Namespace) -> Sandbox:
    return Sandbox(
        port=options.port,
        key=os.environ.get("SANDBOX_KEY") or DEFAULT_KEY,
        speed=options.speed,
        data=options.data,
        host=options.host,
        verbose=options.verbose,
        webhook_url=options.webhook_url,
        webhook_secret=os.environ.get("SANDBOX_WEBHOOK_SECRET", ""),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m generations.sandbox",
        description="A stand-in for a video provider: real HTTP, drawn clips, no costs.",
        epilog="SANDBOX_KEY is the bearer key it accepts (default: sandbox); SANDBOX_SPEED the default of --speed; "
        "SANDBOX_WEBHOOK_SECRET signs what --webhook-url gets.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 for any free one (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--data", metavar="DIR", help="keep jobs and clips here over restarts (default: keep nothing)")
    parser.add_argument("--verbose", action="store_true", help="log every request to standard error")
    parser.add_argument("--webhook-url", metavar="URL", default="", help="post the OpenAI dialect's events there")
    speed = os.environ.get("SANDBOX_SPEED") or "1"
    parser.add_argument("--speed", type=_speed, default=speed, help="divide every job's time by this (default: 1)")
    return parser


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return speed


if __name__ == "__main__":
    sys.exit(main())
