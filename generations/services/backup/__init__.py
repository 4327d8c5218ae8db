"""A copy of the whole installation in one file, made while it runs; and the way back, which never pays twice."""

from generations.services.backup.pack import back_up
from generations.services.backup.parts import BackupError, Manifest
from generations.services.backup.restore import Restored, restore

__all__ = ["BackupError", "Manifest", "Restored", "back_up", "restore"]
