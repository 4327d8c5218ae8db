"""Mail without a mail server."""

import os

from django.core.mail.backends.filebased import EmailBackend


class OwnerOnlyFiles(EmailBackend):
    """Each mail is a file under the data folder that only its owner can read, since it may hold a link."""

    def open(self) -> bool:
        old = os.umask(0o077)
        try:
            return bool(super().open())
        finally:
            os.umask(old)
