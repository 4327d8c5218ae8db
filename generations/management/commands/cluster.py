"""One django-q2 cluster whose processes die with their parents. Started by `portal`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django_q.cluster import Cluster
from django_q.conf import Conf

from generations.process import guard_descendants


class Command(BaseCommand):
    help = "Run one queue cluster: portal, engine or archive. `manage.py portal` starts all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=["portal", "engine", "archive"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"] != Conf.CLUSTER_NAME:
            self.stderr.write(f"Set Q_CLUSTER_NAME={options['name']}: django-q2 reads it when it is imported.")
            raise SystemExit(2)
        guard_descendants()
        Cluster().start()
