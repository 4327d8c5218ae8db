"""Settings. Everything an operator may choose comes from the environment; the README lists it.

Embedded (the default): SQLite, local files and secrets under `PORTAL_DATA`, no other service.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key
from environs import Env, validate

from sora_portal.blot import remember
from sora_portal.environment import count, instance
from sora_portal.keyfiles import kept_secret
from sora_portal.logs import FORMATS, NoAway, formatter
from sora_portal.storage_url import BadStorageUrl, read_storage_url

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

# --- where, for whom -------------------------------------------------------------------------------------------
DATA_DIR = (BASE_DIR / env.str("PORTAL_DATA", "var")).resolve()
INSTANCE = instance(env, DATA_DIR)  # names this installation among those that share a database
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000)
PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/")
SANDBOX_PORT = env.int("SANDBOX_PORT", PORT + 1)
SANDBOX = env.bool("SANDBOX", "DATABASE_URL" not in os.environ)  # the test provider: on only when embedded
BIND_HOST = f"[{HOST}]" if ":" in HOST else HOST
_everywhere = HOST in ("0.0.0.0", "::")  # noqa: S104
_near = "localhost" if _everywhere or HOST in ("127.0.0.1", "::1") else BIND_HOST
PORTAL_ADDRESS = PUBLIC_URL or f"http://{_near}:{PORT}"

_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *([] if _everywhere else [BIND_HOST])]
if _public.hostname:
    ALLOWED_HOSTS.append(_public.hostname)
elif _everywhere:
    # Reachable from the network without a stated address: this machine's own names and numbers.
    ALLOWED_HOSTS.append(socket.gethostname())
    with suppress(OSError):
        ALLOWED_HOSTS += socket.gethostbyname_ex(socket.gethostname())[2]

# --- how much at once ------------------------------------------------------------------------------------------
WEB_WORKERS = count(env, "WEB_WORKERS", 2 if "DATABASE_URL" in os.environ else 1, most=64)
WEB_THREADS = count(env, "WEB_THREADS", 16, most=256)
QUEUE_WORKERS = count(env, "QUEUE_WORKERS", 2, most=64)

# --- secrets ---------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret(DATA_DIR / "secret.key", get_random_secret_key)
PORTAL_ENCRYPTION_KEYS = env.list("PORTAL_ENCRYPTION_KEYS", []) or [
    kept_secret(DATA_DIR / "encryption.key", lambda: Fernet.generate_key().decode())
]

METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # without one there are no metrics

# --- parts -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "generations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_q",
]
MIDDLEWARE = [
    "generations.views.machines.MachineDoors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "generations.middleware.Compressed",
    "generations.middleware.BrowserLanguage",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "generations.sessions.Authentication",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "generations.middleware.PrivatePages",
    "generations.middleware.OwnZone",
    "generations.middleware.OwnLanguage",
    "generations.sessions.LastSeen",
]
ROOT_URLCONF = "sora_portal.urls"
WSGI_APPLICATION = "sora_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "generations.context_processors.shell",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- data ------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a read-then-write transaction never fails on a stale snapshot. FULL: a committed intent to spend
    # money survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-16000;",
    }
else:
    given = DATABASES["default"].get("OPTIONS", {})
    durable = f"{given.get('options', '')} -c synchronous_commit=on".strip()
    DATABASES["default"]["OPTIONS"] = {"connect_timeout": 10, **given, "options": durable}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60

REDIS_URL = env.str("REDIS_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Clips and images lie under the data folder, or in a bucket.
MEDIA_ROOT = DATA_DIR / "media"
STORAGE_TROUBLE, STORAGE_ORIGIN = "", ""
_files: dict[str, Any] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
}
if _storage_url := env.str("STORAGE_URL", ""):
    try:
        _bucket = read_storage_url(_storage_url, os.environ)
        _files, STORAGE_ORIGIN = _bucket.storage, _bucket.origin
    except BadStorageUrl as error:
        # Never the disk instead: files that land where nobody looks are lost. `checks` says what is wrong.
        _files, STORAGE_TROUBLE = {"BACKEND": "sora_portal.store.Store", "OPTIONS": {"addressing": "path"}}, str(error)

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": _files,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- people ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "generations.User"
AUTHENTICATION_BACKENDS = ["generations.sessions.Accounts"]
SESSION_ENGINE = "generations.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "create"
ACCOUNT_ADAPTER = "generations.accounts.ClosedAccounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # the portal writes to nobody it does not know
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Sora Portal: "
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 14 * 24 * 3600

# Without a mail server, mails are files that only the operator can read: they hold links.
EMAIL_BACKEND = "generations.mail.OwnerOnlyFiles"
EMAIL_FILE_PATH = DATA_DIR / "mail"
SENDS_MAIL = bool(env.str("EMAIL_URL", ""))
if SENDS_MAIL:
    _mail = env.dj_email_url("EMAIL_URL")
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_BACKEND"], _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 5  # seconds a step; a mail server that hangs must not hold up the queue
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", f"portal@{_public.hostname or 'localhost'}")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]  # each in its own words, for those who read no other
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "UTC"
PORTAL_TIME_ZONE = env.str("PORTAL_TIME_ZONE", "UTC")  # in which months of budgets begin
USE_TZ = True

# --- the browser's rules ---------------------------------------------------------------------------------------
_store = [STORAGE_ORIGIN] if STORAGE_ORIGIN else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_store],
        "media-src": [SELF, *_store],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "generations.views.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if PUBLIC_URL else []
if _public.scheme == "https":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_SSL_HOST = _public.netloc
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # https comes through a proxy; limits count the visitor's address, not the proxy's
# A portal does not speak for the other hosts of its domain, so neither subdomains nor preload.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- the queue: a wake-up call, never the truth ----------------------------------------------------------------
# retry > timeout * (1 + queue_limit / workers), or a prefetched task runs twice.
Q_CLUSTER = {
    "name": "portal",
    "workers": QUEUE_WORKERS,
    "queue_limit": QUEUE_WORKERS,
    "timeout": 60,
    "retry": 600,
    "save_limit": -1,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "recycle": 2000,
    "log_level": "WARNING",
    "label": "Queue",
    "ALT_CLUSTERS": {
        "engine": {"workers": 1, "queue_limit": 1, "timeout": 900, "retry": 3600, "recycle": 20},
        "archive": {"workers": 1, "queue_limit": 1, "timeout": 900, "retry": 3600, "recycle": 200},
    },
    "broker_class": f"sora_portal.{'redis_broker.Redis' if REDIS_URL else 'brokers.Orm'}Doors",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default", "poll": 0.2, "bulk": 1}),
}

# --- the engine (seconds) --------------------------------------------------------------------------------------
ENGINE_TURN = env.int("ENGINE_TURN", 600)  # one engine task loops about this long
ENGINE_TICK = env.float("ENGINE_TICK", 0.35)
SUBMIT_LEASE = env.int("SUBMIT_LEASE", 240)  # longer than the slowest POST can take (connect 10, write 60, read 120)
ARCHIVE_LEASE = env.int("ARCHIVE_LEASE", 120)  # how long a copy may stand still; it is renewed while bytes come in
QUEUED_MAX_AGE = 24 * 3600
RUNNING_MAX_AGE = env.int("RUNNING_MAX_AGE", 6 * 3600)

# --- keeping clips (bytes, seconds, days) ------------------------------------------------------------------------
ARCHIVE_FILE_MOST = env.int("ARCHIVE_FILE_MOST", 2 << 30)  # a larger file is not kept
ARCHIVE_TRY_SECONDS = env.int("ARCHIVE_TRY_SECONDS", 720)  # one try; the next one goes on where it ended
ARCHIVE_PATIENCE = env.int("ARCHIVE_PATIENCE", 24 * 3600)  # how long trouble on the way is waited out
ARCHIVE_SLOWEST = env.int("ARCHIVE_SLOWEST", 64 << 10)  # in a minute; what comes slower is let go and asked for again
ARCHIVE_KEEP_FREE = env.int("ARCHIVE_KEEP_FREE", 256 << 20)  # free disk that copying clips never uses up
TRASH_DAYS = env.int("TRASH_DAYS", 30)
RETENTION_DAYS = env.int("RETENTION_DAYS", 0)  # finished clips older than that go to the trash; 0 keeps them for ever

# --- logs ------------------------------------------------------------------------------------------------------
LOG_FORMAT = env.str("LOG_FORMAT", "line", validate=validate.OneOf(FORMATS))
remember(SECRET_KEY, *PORTAL_ENCRYPTION_KEYS, DATABASES["default"].get("PASSWORD") or "", METRICS_TOKEN)
remember(urlsplit(REDIS_URL).password or "", _files["OPTIONS"].get("secret_key", ""))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"asked": {"()": formatter}},
    "filters": {"no_away": {"()": NoAway}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "asked"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING")},
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["no_away"]},  # a 4xx is no news
        "generations": {"level": env.str("LOG_LEVEL", "INFO"), "propagate": True},
    },
}
