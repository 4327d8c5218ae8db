"""STORAGE_URL is read, or refused with the part that is wrong; its secret is never told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sora_portal.storage_url import BadStorageUrl, read_storage_url

ROOT = Path(__file__).resolve().parent.parent.parent


def test_all_parts() -> None:
    found = read_storage_url("s3://KEY:a%2Fb%2Bc@clips/team/a/?endpoint=http://minio:9000/&region=here", {})
    assert (found.name, found.prefix, found.endpoint, found.region) == ("clips", "team/a", "http://minio:9000", "here")
    assert (found.key, found.secret, found.origin, found.addressing) == ("KEY", "a/b+c", "http://minio:9000", "path")
    assert "a/b+c" not in repr(found)


def test_amazon_is_the_default_and_gives_each_bucket_its_own_origin() -> None:
    found = read_storage_url("s3://clips", {"AWS_REGION": "eu-north-1"})
    assert found.origin == "https://clips.s3.eu-north-1.amazonaws.com"
    assert "access_key" not in found.storage["OPTIONS"], "then the usual AWS environment is asked"
    dotted = read_storage_url("s3://clips.example.org", {})
    assert dotted.origin == "https://s3.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://clips", "must begin with s3://"),
        ("s3://", "bucket's name"),
        ("s3://KEY:hidden@UP_PER", "bucket's name"),
        ("s3://KEY@clips", "Give both"),
        ("s3://KEY:hid/den@clips", "percent form|bucket's name|Give both"),
        ("s3://KEY:hid#den@clips", "percent form|bucket's name|Give both"),
        ("s3://KEY:hidden@clips?endpoint=minio:9000", "endpoint must be scheme and host"),
        ("s3://KEY:hidden@clips?endpont=http://minio:9000", "“endpont” is no part of it"),
        ("s3://KEY:hidden@clips?public=files", "public must be scheme and host"),
    ],
)
def test_what_is_wrong_is_named_without_the_secret(url: str, words: str) -> None:
    with pytest.raises(BadStorageUrl, match=words) as told:
        read_storage_url(url, {})
    assert "hid" not in str(told.value)


def test_the_portal_does_not_start_with_a_wrong_one(tmp_path: Path) -> None:
    env = {**os.environ, "PORTAL_DATA": str(tmp_path), "STORAGE_URL": "s3://KEY:hidden@clips?endpoint=nowhere"}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "manage.py", "portal"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "generations.E020" in done.stderr
    assert "hidden" not in done.stderr
