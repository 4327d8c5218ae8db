"""One file that holds the whole installation, made while the portal runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.services.backup import BackupError, Manifest, back_up


class Command(BaseCommand):
    help = "Write database and stored files into one file (mode 0600), while the portal runs. See docs/backup.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file, such as portal.tar")
        parser.add_argument(
            "--with-keys",
            action="store_true",
            help="also the key files: whoever has the backup can then read every provider key",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = back_up(options["file"].absolute(), with_keys=options["with_keys"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        for line in _told(options["file"], manifest):
            self.stdout.write(line)


def _told(file: Path, manifest: Manifest) -> list[str]:
    files = sum(name.startswith("media/") for name in manifest.checksums)
    said = [f"{file}: {manifest.counts['generations_job']} jobs, {files} stored files, {file.stat().st_size >> 20} MB."]
    if manifest.storage != "files":
        said.append(f"Clips and images are kept at {manifest.storage} and are not in it: back that bucket up as well.")
    if manifest.missing:
        said.append(f"{len(manifest.missing)} files were lost before; their rows are in it: {manifest.missing[0]} …")
    said.append(
        "It holds the keys: keep it as safe as the provider accounts."
        if manifest.has_keys
        else "The keys are not in it. Keep encryption.key (or PORTAL_ENCRYPTION_KEYS) in another safe place."
    )
    return said
