"""The sandbox as a process: its one line, its settings, its end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.sandbox.conftest import Caller

ROOT = Path(__file__).parents[2]
ANNOUNCED = re.compile(r"Sandbox provider on (http://127\.0\.0\.1:\d+) \(dialects?: [\w, ]*uniall[\w, ]*\)\n")


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "generations.sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            announced = ANNOUNCED.fullmatch(process.stdout.readline())
            assert announced
            yield process, announced[1]
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_in_the_middle_of_everything(stop: signal.Signals) -> None:
    with running(SANDBOX_KEY="k", SANDBOX_SPEED="10") as (process, url):
        caller = Caller(url, "k")
        caller.created("A long film", model="sora2-pro-1080p", duration=20)
        caller.http.timeout = httpx.Timeout(0.5)
        with pytest.raises(httpx.ReadTimeout):
            caller.create("[sandbox:hang]")
        began = time.monotonic()
        process.send_signal(stop)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 10  # seconds; a clip in the making would take longer


def test_a_kill_loses_no_job(tmp_path: Path) -> None:
    with running("--data", str(tmp_path), "--speed", "50") as (process, url):
        job_id = Caller(url, "sandbox").created("Killed half way")
        process.kill()
        process.wait()
    with running("--data", str(tmp_path)) as (_, url):
        answer = Caller(url, "sandbox").ended(job_id)
        assert httpx.get(answer["video_url"]).status_code == 200


def test_a_taken_port_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "generations.sandbox", "--port", str(taken.getsockname()[1])]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert ended.returncode == 1
    assert "cannot start on 127.0.0.1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_it_loads_neither_the_encoder_nor_the_portal() -> None:
    heavy = "'av', 'PIL', 'django', 'httpx'"
    program = f"import sys, generations.sandbox.__main__; print([name for name in ({heavy}) if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
