"""All settings, all from the environment; with an empty one the product runs on its embedded servers.

`.env.example` lists every variable with its unit and default.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from psycopg.conninfo import conninfo_to_dict

from config import environment as env
from config.logs import configure as configure_logs
from config.servers import ensure_database, ensure_redis
from config.servers.keys import secret

django_stubs_ext.monkeypatch()  # generic bases and QuerySet[...] at run time

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY") or secret(DATA_DIR, "secret_key", get_random_secret_key)
FIELD_KEYS = env.names("FIELD_KEYS") or [secret(DATA_DIR, "field_key", lambda: Fernet.generate_key().decode())]
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
PORT = env.number("PORT", 8000)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
SANDBOX_URL = env.text("SANDBOX_URL").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "daphne",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "config.apps.ConfigConfig",
    "inbox.apps.InboxConfig",
    "routing.apps.RoutingConfig",
    "metrics.apps.MetricsConfig",
]

MIDDLEWARE = [
    "inbox.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.policy.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "inbox.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "inbox.middleware.FirstPasswordMiddleware",
    "inbox.middleware.InboxErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WEB_THREADS = env.number("WEB_THREADS", 12)  # requests that Django works on at once, as many as its connections
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- stores -----------------------------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL") or ensure_database(DATA_DIR)
REDIS_URL = env.text("REDIS_URL") or ensure_redis(DATA_DIR)
BUS_TIMEOUT = env.seconds("BUS_TIMEOUT_SECONDS", 0.5)


# A forgotten transaction or lock must not hold up the others for ever.
SESSION_LIMITS = "-c lock_timeout=15s -c idle_in_transaction_session_timeout=60s"


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {name: value for name, value in parts.items() if name not in known}
    options = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "options": SESSION_LIMITS, **given}
    pool = {"min_size": 1, "max_size": env.number("DATABASE_POOL_SIZE", 12), "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{known[name]: value for name, value in parts.items() if name in known},
        "OPTIONS": {**options, "pool": pool},
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- people -----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "inbox.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURE_LIMIT", 5)
AXES_COOLOFF_TIME = env.seconds("LOGIN_LOCKOUT_SECONDS", 900)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # an office shares one address
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
AXES_CLIENT_IP_CALLABLE = "config.proxies.client_address"
AXES_LOCKOUT_TEMPLATE = "inbox/locked_out.html"
AXES_VERBOSE = False

# --- language, time, files --------------------------------------------------------------------------------------

LANGUAGE_CODE = env.text("LANGUAGE_CODE", "zh-hans")
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = DATA_DIR / "files"
MEDIA_LIMIT_BYTES = env.number("MEDIA_LIMIT_BYTES", 20 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
HOOK_LIMIT_BYTES = 1024 * 1024

# --- API --------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "inbox.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["inbox.api.wire.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "inbox.api.wire.AlwaysJSON",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "inbox.api.errors.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "OneQueue",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "MessageState": "inbox.models.Message.State",
        "AccountState": "inbox.models.Account.State",
        "HookState": "inbox.models.Hook.State",
        "RoundState": "inbox.models.Round.State",
        "Presence": "routing.models.Agent.State",
    },
}

# --- work in the background -------------------------------------------------------------------------------------

# Open pages are told by one subscription per process (inbox/hub.py): Channels needs no layer.

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "ingest"
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.number("WORKER_THREADS", 12)
OUTGOING_THREADS = env.number("OUTGOING_THREADS", 8)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # remembers nothing: every entry is a matter of seconds

# --- durations: each an environment variable in seconds ---------------------------------------------------------

REOPEN_WITHIN = env.seconds("REOPEN_WITHIN_SECONDS", 600)
REOPEN_EXCLUSIVE = env.seconds("REOPEN_EXCLUSIVE_SECONDS", 15)
ACTIVE_FOR = env.seconds("ACTIVE_FOR_SECONDS", 180)
REQUEUE_SILENT_AFTER = env.seconds("REQUEUE_SILENT_AFTER_SECONDS", 60)
REQUEUE_ANSWERED_AFTER = env.seconds("REQUEUE_ANSWERED_AFTER_SECONDS", 300)
PRESENCE_SOCKET = env.seconds("PRESENCE_SOCKET_SECONDS", 45)
PRESENCE_API = env.seconds("PRESENCE_API_SECONDS", 60)
PING_EVERY = env.seconds("PING_EVERY_SECONDS", 15)
SOCKET_LIFETIME = env.seconds("SOCKET_LIFETIME_SECONDS", 20 * 3600)
LIVENESS_EVERY = env.seconds("LIVENESS_EVERY_SECONDS", 5)
LIVENESS_GAP = env.seconds("LIVENESS_GAP_SECONDS", 15)
SWEEP_EVERY = env.seconds("SWEEP_EVERY_SECONDS", 2)
HOOK_LEFT_AFTER = env.seconds("HOOK_LEFT_AFTER_SECONDS", 5)
HOOK_LEASE = env.seconds("HOOK_LEASE_SECONDS", 10)
HOOK_TRIES = env.number("HOOK_TRIES", 5)
JOURNAL_KEPT = env.seconds("JOURNAL_KEPT_SECONDS", 30 * 86400)
GATEWAY_WAITS = env.seconds("GATEWAY_WAITS_SECONDS", 4)
ACCOUNT_CACHED = env.seconds("ACCOUNT_CACHED_SECONDS", 1)
SEND_DEADLINE = env.seconds("SEND_DEADLINE_SECONDS", 20)
SEND_LEASE = env.seconds("SEND_LEASE_SECONDS", 30)
if SEND_DEADLINE >= SEND_LEASE:
    raise ImproperlyConfigured(
        f"SEND_DEADLINE_SECONDS ({SEND_DEADLINE.total_seconds():g}) must be less than SEND_LEASE_SECONDS"
        f" ({SEND_LEASE.total_seconds():g}): a reply must not be tried again while it is still on its way."
    )
SEND_TRIES = env.number("SEND_TRIES", 6)
SEND_RETRY_FIRST = env.seconds("SEND_RETRY_FIRST_SECONDS", 1)
SENDS_PER_ACCOUNT = env.number("SENDS_PER_ACCOUNT", 4)
IDEMPOTENT_RETRY_FOR = env.seconds("IDEMPOTENT_RETRY_FOR_SECONDS", 300)
MEDIA_TRIES = env.number("MEDIA_TRIES", 6)
LATE_PUSH_AFTER = env.seconds("LATE_PUSH_AFTER_SECONDS", 5)
ROLLUP_EVERY = env.seconds("ROLLUP_EVERY_SECONDS", 5)
SESSION_COOKIE_AGE = int(env.seconds("SESSION_SECONDS", timedelta(days=14).total_seconds()).total_seconds())

LOGGING_CONFIG = None
configure_logs(level=env.text("LOG_LEVEL", "INFO"), plain=env.flag("LOG_PLAIN", default=False))
