"""A killed supervisor takes everybody with it, whatever they are at."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

import pytest

from tests.processes.harness import Installation, portal, wait_for
from tests.soak.tree import tree

pytestmark = [pytest.mark.process, pytest.mark.matrix]

HALF = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nx"


def test_nobody_outlives_the_supervisor_in_the_middle_of_a_request(install: Callable[..., Installation]) -> None:
    installation = install(SANDBOX="0")
    with portal(installation) as running, socket.create_connection(("127.0.0.1", installation.port)) as visitor:
        visitor.sendall(HALF)
        processes = tree(running)
        assert len([process for process in processes if process.part == "web server"]) == 2
        os.kill(running.process.pid, signal.SIGKILL)
        wait_for(lambda: not [p for p in processes if p.is_alive], f"the end of {[*map(str, processes)]}", 4)
