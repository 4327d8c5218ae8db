"""The portal's own settings, with a throw-away data folder and cheap password hashes."""

import atexit
import os
import shutil
import tempfile

os.environ["PORTAL_DATA"] = tempfile.mkdtemp(prefix="portal-test-")
atexit.register(shutil.rmtree, os.environ["PORTAL_DATA"], ignore_errors=True)
for name in ("PUBLIC_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "PORTAL_ENCRYPTION_KEYS", "HOST", "PORT"):
    os.environ.pop(name, None)
os.environ.pop("DATABASE_URL", None)
if os.environ.get("PORTAL_TEST_ON") == "postgresql":
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from sora_portal.settings import *  # noqa: E402, F403
from sora_portal.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, since tests use threads; it need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;"
DATABASES["default"]["CONN_MAX_AGE"] = 0
(DATA_DIR / "static").mkdir(exist_ok=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_RATE_LIMITS = False
