"""What a service says when admins' wish cannot be carried out."""

from __future__ import annotations


class NotSaved(Exception):
    """It cannot be so; str() says why and what to do. `field` is the control it is about, "" for none."""

    def __init__(self, said: str, field: str = "") -> None:
        super().__init__(said)
        self.field = field
