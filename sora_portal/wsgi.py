"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

from generations.process import STOP_FD, die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sora_portal.settings")

if STOP_FD in os.environ:
    # A worker that gunicorn forks forgets what its master asked of the kernel, and would finish its requests first,
    # holding the port that the portal's next start needs.
    die_with_parent()

application = get_wsgi_application()
