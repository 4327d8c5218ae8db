"""What an open tab costs: `make bench-status`.

One gunicorn worker as the portal runs it, 50 cards on the page, 12 of them active, nothing changing. The refresh
request (a 204) is sent in turns with an empty signed-in view of the same server; CPU is the worker's own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.ground import DATABASES, installation, missing
from tests.bench.table import table, told
from tests.processes.harness import ROOT, Installation, wait_for

EMPTY, REFRESH = "empty view", "refresh, 204"
TIMES_MOST, BYTES_MOST = 2.0, 2000
HEAD = ("request", "answer", "bytes up", "bytes down", "CPU ms", "times empty")
TICKS = os.sysconf("SC_CLK_TCK")
# As Chromium sends it for htmx, the cookie apart.
HEADERS = """Host: localhost:{port}
Connection: keep-alive
sec-ch-ua: "Chromium";v="142", "Not_A Brand";v="99"
HX-Current-URL: http://localhost:{port}/
HX-Request: true
HX-Target: poller
HX-Trigger: poller
Page-Language: en
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36
Accept: */*
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: http://localhost:{port}/
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-GB,en;q=0.9
Cookie: csrftoken={csrf}; sessionid={session}
"""


class Tab:
    """One kept connection of a browser's tab that is signed in."""

    def __init__(self, port: int, session: str) -> None:
        self.wire = socket.create_connection(("127.0.0.1", port))
        self.headers = HEADERS.format(port=port, csrf="x" * 32, session=session).replace("\n", "\r\n")

    def get(self, path: str) -> tuple[int, int, int]:
        """Status, bytes sent and bytes received of one request whose answer has no body."""
        asked = f"GET {path} HTTP/1.1\r\n{self.headers}\r\n".encode()
        self.wire.sendall(asked)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.wire.recv(65536)
        return int(answer.split(b" ", 2)[1]), len(asked), len(answer)


@contextlib.contextmanager
def served(on: Installation) -> Iterator[int]:
    """The portal's web server on this installation; its worker's process id."""
    argv = [sys.executable, "-m", "gunicorn", "sora_portal.wsgi", "--bind", f"127.0.0.1:{on.port}"]
    argv += ["--worker-class", "gthread", "--workers", "1", "--threads", "16", "--no-control-socket"]
    argv += ["--config", "python:sora_portal.gunicorn", "--log-level", "warning"]
    env = on.env | {"DJANGO_SETTINGS_MODULE": "tests.bench.settings"}
    with subprocess.Popen(argv, cwd=ROOT, env=env) as server:
        try:
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
            wait_for(lambda: children.read_text().split() and _answers(on.port), "the web server")
            yield int(children.read_text().split()[0])
        finally:
            server.terminate()


def measure(database: str, rounds: int, requests: int) -> list[list[str]]:
    """The table's lines of one database."""
    with installation(database) as on:
        on.python("from tests.bench.tab import plant_page; plant_page('page.json')")
        page = json.loads((on.data / "page.json").read_text())
        refresh = "/status/?" + "&".join(f"card={card}".replace(":", "%3A") for card in page["cards"])
        paths = {EMPTY: "/bench/empty/", REFRESH: refresh}
        with served(on) as worker:
            tab = Tab(on.port, page["session"])
            sizes = {name: tab.get(path) for name, path in paths.items()}
            cost: dict[str, list[float]] = {name: [] for name in paths}
            for number in range(rounds + 1):
                for name, path in paths.items():
                    spent = _spent(tab, worker, path, requests)
                    if number:  # the first round warms up
                        cost[name].append(spent)
    return [_line(name, *sizes[name], median(cost[name]), median(cost[EMPTY])) for name in paths]


def _spent(tab: Tab, worker: int, path: str, requests: int) -> float:
    """CPU milliseconds of the worker for one such request, over many."""
    before = _cpu(worker)
    for _ in range(requests):
        tab.get(path)
    return (_cpu(worker) - before) / requests * 1000


def _line(name: str, status: int, up: int, down: int, cost: float, empty: float) -> list[str]:
    return [name, str(status), f"{up:,}", f"{down:,}", f"{cost:.2f}", f"{cost / empty:.2f}"]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    time.sleep(0.1)
    return False


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--requests", type=int, default=400, help="of each kind in a round")
    arguments.add_argument("--databases", default=",".join(DATABASES), help="sqlite,postgresql")
    chosen = arguments.parse_args()
    for database in chosen.databases.split(","):
        if why := missing(database):
            print(why)
            continue
        lines = measure(database, chosen.rounds, chosen.requests)
        times, size = float(lines[1][5]), int(lines[1][2].replace(",", "")) + int(lines[1][3].replace(",", ""))
        print(f"\n{database}", table(HEAD, lines), sep="\n\n")
        print(told(f"CPU at most {TIMES_MOST:g} times the empty view's ({times:.2f})", times <= TIMES_MOST))
        print(told(f"at most {BYTES_MOST:,} bytes on the wire ({size:,})", size <= BYTES_MOST))


if __name__ == "__main__":
    main()
