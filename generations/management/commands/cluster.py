"""One django-q2 cluster that stands or falls as a whole. Started by `portal`."""

import logging
import os
import queue
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from django_q import cluster as library
from django_q.conf import Conf

from generations.process import call_me, forks_named, guard_descendants
from generations.services.kick import fresh_start

log = logging.getLogger(__name__)

PAUSE = 0.5


class Sentinel(library.Sentinel):  # type: ignore[misc]
    """Falls, and all its processes with it, when one of them is killed or hangs.

    The dead may have held the lock of a queue. The library would put a new process in its place, and that one would
    wait for the lock for ever.
    """

    def start(self) -> None:
        call_me("sentinel")
        # A SIGTERM to everybody at once, as from systemd, is the leader's to answer: requests may be on their way.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        super().start()

    def spawn_process(self, target: Any, *args: Any) -> Any:
        with forks_named(target.__name__):  # worker, monitor or pusher
            return super().spawn_process(target, *args)

    def reincarnate(self, process: Any) -> None:
        """Replace what ended by itself, recycled or by an error: Python has given its locks back."""
        if process.exitcode is None or process.exitcode < 0:
            os._exit(1)  # the others die with their parent
        super().reincarnate(process)

    def stop(self) -> None:
        """Stop as the library does, but also when the last worker has just ended by itself, to be recycled.

        Nobody would take from its queue any more, and a pusher or a last word that waits for room there would wait
        for ever.
        """
        threading.Thread(target=self._make_room, daemon=True).start()
        super().stop()

    def _make_room(self) -> None:
        """Take away what no worker is left to take. Every task is a hint: what it asked for is asked again."""
        while True:
            try:
                if not any(worker.is_alive() for worker in list(self.pool)):
                    self.task_queue.get(block=False)
            except queue.Empty:
                continue
            except (ValueError, OSError):
                return  # the queue is closed: all has been said
            time.sleep(PAUSE / 5)


class Leader(library.Cluster):  # type: ignore[misc]
    """Keeps a sentinel running, and stops it from the main thread.

    The library stops inside its signal handler, which may dead-lock.
    """

    asked = False

    def sig_handler(self, signum: int, frame: object) -> None:
        self.asked = True

    def run(self) -> None:
        while not self.asked:
            fresh_start(Conf.CLUSTER_NAME)
            connections.close_all()  # a connection must not be shared with forks
            self.start()
            self._watch()
        self.stop()

    def _watch(self) -> None:
        while self.sentinel.is_alive() and not self.asked:
            time.sleep(0.1)
        if not self.asked:
            log.error("A process of the cluster %s was killed; starting the cluster afresh.", Conf.CLUSTER_NAME)
            time.sleep(PAUSE)


class Command(BaseCommand):
    help = "Run one queue cluster: portal, engine or archive. `manage.py portal` starts all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=["portal", "engine", "archive"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"] != Conf.CLUSTER_NAME:
            self.stderr.write(f"Set Q_CLUSTER_NAME={options['name']}: django-q2 reads it when it is imported.")
            raise SystemExit(2)
        guard_descendants()
        library.Sentinel = Sentinel  # the library makes its sentinel by this name and has no setting for it
        Leader().run()
