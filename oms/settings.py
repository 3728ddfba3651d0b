"""All settings, from the environment. A value that is not understood is refused at start-up, with its name."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal, get_args

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from oms import embedded

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
Environment = Literal["development", "test", "production"]


def _one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = os.environ.get(name) or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")
    return value


def _whole_number(name: str, default: int, *, least: int = 0) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a whole number of at least {least}.")
    return int(text)


def _server_urls() -> tuple[str, str]:
    """DATABASE_URL and REDIS_URL, else those of the embedded servers that `manage.py up` started."""
    database, redis = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not (database and redis) and OMS_ENV != "production":
        servers = embedded.read_state()
        if servers is not None:
            database, redis = database or servers.database_url, redis or servers.redis_url
    missing = [name for name, url in (("DATABASE_URL", database), ("REDIS_URL", redis)) if not url]
    if missing and not _NEEDS_NO_SERVERS:
        raise ImproperlyConfigured(
            f"{' and '.join(missing)} not set, and no embedded servers are running. Set them, or start the embedded "
            "servers with `python manage.py up` (leave it running, or put a command behind it: "
            "`python manage.py up -- python manage.py migrate`)."
        )
    return database or "postgresql://nobody@localhost/none", redis or "redis://localhost/0"


OMS_ENV = _one_of("OMS_ENV", get_args(Environment), "development")
PRODUCTION = OMS_ENV == "production"
# `makemigrations --check` and mypy read the models only.
_NEEDS_NO_SERVERS = "mypy" in sys.argv[0] or "collectstatic" in sys.argv[1:2]

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY") or ("" if PRODUCTION else "development-only-key-do-not-use-in-production")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY must be set when OMS_ENV=production.")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASE_URL, REDIS_URL = _server_urls()

# --- the replaceable parts -------------------------------------------------------------------------------------------

OMS: dict[str, Any] = {
    # Chooses the locations an order ships from: a function (demands, candidates) -> decision.
    "SOURCING": "inventory.sourcing.fewest_parcels.fewest_parcels",
    # Fulfillment providers by code.
    "FULFILLMENT_PROVIDERS": {"manual": "fulfillment.providers.manual.ManualProvider"},
    # Import formats by name.
    "ORDER_FORMATS": {
        "ndjson": "channels.adapters.ndjson.NdjsonFormat",
        "online-retail": "channels.adapters.online_retail.OnlineRetailFormat",
    },
    # Seconds a subscriber may take before its delivery is thought lost and made again.
    "DELIVERY_LEASE_SECONDS": _whole_number("OMS_DELIVERY_LEASE_SECONDS", 60, least=1),
    # Tries before a delivery becomes a dead letter.
    "DELIVERY_ATTEMPTS": _whole_number("OMS_DELIVERY_ATTEMPTS", 8, least=1),
}

# --- Django ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "oms",
    "oms.core",
    "oms.web",
    "inventory",
    "fulfillment",
    "payments",
    "orders",
    "channels",
    *env.list("OMS_EXTRA_APPS", default=[]),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "oms.urls"
WSGI_APPLICATION = "oms.wsgi.application"
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
            ]
        },
    }
]

DATABASES = {"default": env.db_url_config(DATABASE_URL)}
# A socket's directory (?host=/path) belongs where Django looks for it; dbshell would miss it in OPTIONS.
DATABASES["default"]["HOST"] = DATABASES["default"].get("OPTIONS", {}).pop("host", DATABASES["default"]["HOST"])
# Persistent connections and no pool: opening one for each request halves the rate (docs/performance.md).
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Several test runs on one server keep out of each other's way by name.
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("OMS_TEST_DATABASE", "test_oms")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "admin:login"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0

# A batch of a thousand orders is some megabytes; more is an import.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024

# --- REST ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oms.web.authentication.ApiKeyAuthentication",
        "oms.web.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["oms.web.permissions.MayUse"],
    "DEFAULT_RENDERER_CLASSES": ["oms.web.rendering.ExactJsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["oms.web.rendering.ExactJsonParser"],
    "DEFAULT_PAGINATION_CLASS": "oms.web.pagination.OffsetPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "oms.web.exceptions.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Order management API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- Celery ----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_ACKS_LATE = True  # a task may run twice, and every task copes
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"channels.tasks.*": {"queue": "imports"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 3600}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "relay the outbox": {"task": "oms.relay.sweep", "schedule": 5.0},
    "release holds that are due": {"task": "orders.tasks.release_due_holds", "schedule": 60.0},
}

# --- logs ------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": _one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")},
}

# --- the console -----------------------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": _("Orders"),
    "SITE_HEADER": _("Orders"),
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
}
