"""Reading STORAGE_URL: s3://KEY:SECRET@bucket/prefix?endpoint=https://…&region=…"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
KNOWN = ("endpoint", "public", "region")


class BadStorageUrl(ValueError):
    """STORAGE_URL cannot be used; the text names the part and the cure, and never holds the secret."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where files go. `origin` is what a browser is sent to: scheme, host and port."""

    name: str
    prefix: str
    endpoint: str
    public: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def addressing(self) -> str:
        """Names before the host need a certificate and a DNS entry for each: only Amazon's own have them."""
        return "virtual" if self._is_amazon and "." not in self.name else "path"

    @property
    def origin(self) -> str:
        parts = urlsplit(self.public or self.endpoint)
        host = f"{self.name}.{parts.netloc}" if self.addressing == "virtual" else parts.netloc
        return f"{parts.scheme}://{host}"

    @property
    def storage(self) -> dict[str, Any]:
        """The entry for Django's STORAGES."""
        options: dict[str, Any] = {
            "bucket_name": self.name,
            "location": self.prefix,
            "endpoint_url": self.endpoint,
            "public_endpoint": self.public,
            "region_name": self.region,
            "addressing": self.addressing,
            # Names are random. To ask first whether one is taken would need the right to list.
            "file_overwrite": True,
            "default_acl": None,  # private: the bucket's own rule, and the only one that newer buckets accept
        }
        if self.key:
            options |= {"access_key": self.key, "secret_key": self.secret}
        return {"BACKEND": "sora_portal.store.Store", "OPTIONS": options}

    @property
    def _is_amazon(self) -> bool:
        return (urlsplit(self.endpoint).hostname or "").endswith(".amazonaws.com")


def read_storage_url(url: str, environ: Mapping[str, str]) -> Bucket:
    """The bucket named by the URL; what it leaves out comes from the usual AWS variables. Raises BadStorageUrl."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 -- reading it checks it
    except ValueError as error:
        raise BadStorageUrl(
            "The credentials hold a sign with a meaning of its own; write it in percent form."
        ) from error
    if parts.scheme != "s3":
        raise BadStorageUrl("It must begin with s3://.")
    name = parts.hostname or ""
    if not BUCKET.fullmatch(name) or parts.port:
        raise BadStorageUrl("The bucket's name is missing or not one: s3://bucket/prefix, without a port.")
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(key) != bool(secret):
        raise BadStorageUrl("Give both, s3://KEY:SECRET@bucket, or neither; a “/” in the secret is written %2F.")
    more = _more(parts.query)
    region = more.get("region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    endpoint = _address("endpoint", more.get("endpoint") or environ.get("AWS_ENDPOINT_URL_S3") or _amazon(region))
    public = _address("public", more["public"]) if "public" in more else ""
    return Bucket(name, unquote(parts.path).strip("/"), endpoint, public, region, key, secret)


def _more(query: str) -> dict[str, str]:
    found = {name: values[-1] for name, values in parse_qs(query).items()}
    if unknown := sorted(found.keys() - set(KNOWN)):
        raise BadStorageUrl(f"“{unknown[0][:40]}” is no part of it; after the “?” there may be {', '.join(KNOWN)}.")
    return found


def _address(part: str, address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.username:
        raise BadStorageUrl(f"The {part} must be scheme and host, such as https://s3.example.org.")
    return f"{parts.scheme}://{parts.netloc}"


def _amazon(region: str) -> str:
    return f"https://s3.{region}.amazonaws.com"
