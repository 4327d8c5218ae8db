"""What a file storage elsewhere can come to. Here and not in `store`, which loads the whole S3 client."""


class StorageAway(ConnectionError):
    """It does not answer, or with an error of its own."""


class StorageRefused(PermissionError):
    """It answers, but not to our credentials."""
