"""A backup in place of what is here. Never the cause of a second request to a provider."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.services.backup import BackupError, Restored, restore
from generations.supervisor import ROLES, AlreadyRunning, hold_lock


class Command(BaseCommand):
    help = "Put a backup in place while no portal runs; what was here is kept aside. See docs/backup.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with hold_lock(settings.DATA_DIR, ROLES):
                restored = restore(options["file"].absolute())
        except (AlreadyRunning, BackupError) as error:
            raise CommandError(str(error)) from error
        for line in _told(restored):
            self.stdout.write(line)


def _told(restored: Restored) -> Iterator[str]:
    manifest, jobs = restored.manifest, restored.jobs
    yield f"Restored {manifest.counts['generations_job']} jobs as they were at {manifest.made_at}."
    yield f"{jobs.held} jobs that waited or were just sent are “Outcome unknown” now; look at them under Staff."
    if jobs.ended:
        yield f"{jobs.ended} jobs that awaited approval are “Not approved” now; their authors can ask again."
    yield f"What was here is kept as {restored.aside}: a folder here, on PostgreSQL also a schema. Remove it later."
    yield "Everybody signs in again."
    if manifest.storage != "files":
        yield f"Clips and images are not in a backup of this portal: they are kept at {manifest.storage}."
    if manifest.missing:
        yield f"{len(manifest.missing)} files were lost before the backup was made."
    if restored.unreadable:
        yield f"This portal cannot read the keys of: {', '.join(restored.unreadable)}."
        yield "Put the old encryption.key into the data folder (or set PORTAL_ENCRYPTION_KEYS), or set each key again."
