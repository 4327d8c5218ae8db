"""Where clips and images are kept when it is not the data folder: a bucket that speaks S3, named by STORAGE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from sora_portal.storage_errors import StorageAway, StorageRefused

LINK_LIFE = timedelta(minutes=30)
"""How long a link opens its file. A player that was paused for longer asks us again when the page is opened again."""
NOT_OURS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AuthFailure"})
GONE = frozenset({"404", "NoSuchKey", "NotFound"})


class Store(S3Storage):  # type: ignore[misc]
    """Private objects under names nobody can guess, reached by links that end.

    Speaks plain errors: FileNotFoundError for what is not there, StorageRefused when our credentials are no good,
    StorageAway when the store is away. None of them carries a credential.
    """

    def __init__(self, *, addressing: str, public_endpoint: str = "", **options: Any) -> None:
        super().__init__(**options, client_config=_config(addressing))
        self.seen_from_outside = self
        if public_endpoint:
            self.seen_from_outside = Store(addressing=addressing, **options | {"endpoint_url": public_endpoint})

    def link(self, name: str, content_type: str, disposition: str = "", method: str = "GET") -> str:
        """An address that opens this one file for a while, for this HTTP method. Raises FileNotFoundError."""
        if not self.exists(name):
            raise FileNotFoundError(name)
        # The store could keep the answer for others; "private" is for every cache between.
        shown = {"ResponseContentType": content_type, "ResponseCacheControl": "private, max-age=86400"}
        if disposition:
            shown["ResponseContentDisposition"] = disposition
        with _plain_errors():
            return str(self.seen_from_outside.url(name, shown, int(LINK_LIFE.total_seconds()), method))

    def stream(self, name: str, piece: int) -> Iterator[bytes]:
        """The object, `piece` bytes at a time, without a copy of it here. Raises FileNotFoundError at once."""
        with _plain_errors():
            body = self.bucket.Object(self._normalize_name(clean_name(name))).get()["Body"]
        return _pieces(body, piece)

    def exists(self, name: str) -> bool:
        with _plain_errors():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _plain_errors():
            super().delete(name)

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _plain_errors():
            file = super()._open(name, mode)
            file.file  # noqa: B018 -- fetched here, so that its errors are ours as well
            return file

    def _save(self, name: str, content: Any) -> Any:
        with _plain_errors():
            return super()._save(name, content)


def _pieces(body: Any, piece: int) -> Iterator[bytes]:
    with _plain_errors(), closing(body):
        yield from body.iter_chunks(piece)


def _config(addressing: str) -> Config:
    """Patient for seconds, not minutes: a page waits. Checksums only where asked: other makers' stores refuse them."""
    return Config(
        connect_timeout=3,
        read_timeout=20,
        retries={"max_attempts": 2},
        signature_version="s3v4",
        s3={"addressing_style": addressing},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in GONE:
            raise FileNotFoundError("The file is not in the file storage.") from None
        if code in NOT_OURS or status in {401, 403}:
            raise StorageRefused(
                f"The file storage refused the portal's credentials ({code}). Check STORAGE_URL."
            ) from None
        raise StorageAway(f"The file storage answered with an error ({code}).") from None
    except BotoCoreError as error:
        raise StorageAway(f"The file storage could not be asked: {type(error).__name__}.") from None
