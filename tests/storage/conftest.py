"""A real S3 server over HTTP, and a portal that keeps its files there."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import httpx
import pytest
from csp.constants import SELF

from sora_portal.storage_url import Bucket, read_storage_url
from tests.pages.conftest import as_user, make_clip, mara
from tests.processes.harness import free_port, wait_for

__all__ = ["as_user", "make_clip", "mara"]

KEY, SECRET = "AKIAPORTALTEST", "s/ecret+of the=store"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Its address. Every credential is good there until `strict` says otherwise."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(lambda: _answers(url), "an S3 server")
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/moto-api/").status_code == 200
    except httpx.TransportError:
        return False


def address(server: str, bucket: str, more: str = "") -> str:
    """What an operator writes into STORAGE_URL."""
    return f"s3://{KEY}:s%2Fecret%2Bof%20the%3Dstore@{bucket}/team-a?endpoint={server}&region=eu-west-1{more}"


@pytest.fixture
def bucket(s3_server: str) -> str:
    name = f"clips-{uuid4().hex[:8]}"
    client = boto3.client(
        "s3", endpoint_url=s3_server, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def stored_at(settings: Any) -> Any:
    """Have the portal keep its files where this STORAGE_URL says."""

    def use(url: str) -> Bucket:
        found = read_storage_url(url, {})
        settings.STORAGES = settings.STORAGES | {"default": found.storage}
        policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
        policy["DIRECTIVES"] |= {"img-src": [SELF, found.origin], "media-src": [SELF, found.origin]}
        settings.CONTENT_SECURITY_POLICY = policy
        return found

    return use


@pytest.fixture
def s3(s3_server: str, bucket: str, stored_at: Any) -> Bucket:
    found: Bucket = stored_at(address(s3_server, bucket))
    assert urlsplit(found.origin).netloc == urlsplit(s3_server).netloc
    return found


@pytest.fixture
def strict(s3_server: str) -> Iterator[None]:
    """The server checks credentials from now on, and knows none."""
    httpx.post(f"{s3_server}/moto-api/reset-auth", content=b"0")
    yield
    httpx.post(f"{s3_server}/moto-api/reset-auth", content=b"inf")
