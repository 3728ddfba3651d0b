"""All settings, from the environment. A value that is not understood is refused at start-up, with its name."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal, get_args

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from oms import embedded
from oms.sidebar import UNFOLD  # noqa: F401  (a setting)

django_stubs_ext.monkeypatch()  # Django's generic classes take their type arguments at run time too

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
Environment = Literal["development", "test", "production"]


def _one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = os.environ.get(name) or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")
    return value


def _whole_number(name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a whole number from {least} to {most}.")
    return int(text)


def _days(name: str, default: int) -> int:
    """0: for ever. More than a century leads to years that no clock has."""
    return _whole_number(name, default, most=36_500)


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
# Codes of gift cards are kept as a hash under this key; without one under SECRET_KEY. Change it, and no code is known.
GIFT_CARD_KEY = os.environ.get("OMS_GIFT_CARD_KEY", "")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASE_URL, REDIS_URL = _server_urls()

# --- the replaceable parts -------------------------------------------------------------------------------------------

# The payment provider `stripe` is there once it has a key.
STRIPE_SECRET_KEY = os.environ.get("OMS_STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = os.environ.get("OMS_STRIPE_WEBHOOK_SECRET", "")
STRIPE_API_BASE = os.environ.get("OMS_STRIPE_API_BASE", "")  # another address than Stripe's own, for tests

OMS: dict[str, Any] = {
    # Finds a sales channel by code or id: a function (text) -> orders.services.placement.Selling.
    "SALES_CHANNELS": "channels.services.selling.selling",
    # Keeps the quantities of stock: by location, or (inventory.providers.pooled.PooledInventory) one for each sku.
    "INVENTORY": os.environ.get("OMS_INVENTORY") or "inventory.providers.local.LocalInventory",
    # Knows the stock locations.
    "STOCK_LOCATIONS": "inventory.providers.own_locations.OwnLocations",
    # Chooses the locations an order ships from: a function (demands, candidates) -> decision.
    "SOURCING": "inventory.sourcing.fewest_parcels.fewest_parcels",
    # Fulfillment providers by code.
    "FULFILLMENT_PROVIDERS": {"manual": "fulfillment.providers.manual.ManualProvider"},
    # Payment providers by code (payments.providers.base.PaymentProvider).
    "PAYMENT_PROVIDERS": {
        "manual": "payments.providers.manual.ManualProvider",
        **({"stripe": "payments.providers.stripe.adapter.StripeProvider"} if STRIPE_SECRET_KEY else {}),
        "gift_card": "payments.providers.gift_card.GiftCardProvider",
        "store_credit": "payments.providers.store_credit.StoreCreditProvider",
        **(
            {"fake": "payments.providers.fake.FakeProvider"}
            if os.environ.get("OMS_FAKE_GATEWAY_URL") or not PRODUCTION
            else {}
        ),
    },
    # Where `manage.py fakegateway` listens, and what it signs its webhooks with.
    "FAKE_GATEWAY_URL": os.environ.get("OMS_FAKE_GATEWAY_URL", ""),
    "FAKE_GATEWAY_SECRET": os.environ.get("OMS_FAKE_GATEWAY_SECRET", ""),
    # Import formats by name.
    "ORDER_FORMATS": {
        "ndjson": "channels.adapters.ndjson.NdjsonFormat",
        "online-retail": "channels.adapters.online_retail.OnlineRetailFormat",
        "shopify": "channels.adapters.shopify.format.ShopifyFormat",
    },
    # Lines of a file that an import writes in one transaction, at most 2000.
    "IMPORT_CHUNK_LINES": _whole_number("OMS_IMPORT_CHUNK_LINES", 2000, least=1, most=2000),
    # Where uploads lie, and what sources fetch meanwhile: private, and shared by web and worker processes.
    "PRIVATE_FILES": Path(os.environ.get("OMS_PRIVATE_FILES") or BASE_DIR / "var" / "private"),
    # The greatest file that the console takes, in megabytes.
    "UPLOAD_MEGABYTES": _whole_number("OMS_UPLOAD_MEGABYTES", 500, least=1),
    # Directories below which folder sources may look; none: there are no folder sources.
    "SOURCE_FOLDERS": [Path(each) for each in env.list("OMS_SOURCE_FOLDERS", default=[])],
    # Whether HTTP sources may be at private addresses (10.0.0.0/8, localhost …).
    "SOURCE_PRIVATE_ADDRESSES": env.bool("OMS_SOURCE_PRIVATE_ADDRESSES", default=False),
    # The most that one run of a source fetches, in megabytes, and the seconds it may take to fetch it.
    "SOURCE_MEGABYTES": _whole_number("OMS_SOURCE_MEGABYTES", 1000, least=1),
    "SOURCE_DEADLINE_SECONDS": _whole_number("OMS_SOURCE_DEADLINE_SECONDS", 900, least=1),
    # Seconds to wait for an HTTP source to connect, and for each next piece of its answer.
    "SOURCE_TIMEOUT_SECONDS": _whole_number("OMS_SOURCE_TIMEOUT_SECONDS", 30, least=1),
    # Seconds for which a file in a folder must not have changed before it is taken.
    "SOURCE_SETTLE_SECONDS": _whole_number("OMS_SOURCE_SETTLE_SECONDS", 10),
    # Seconds a subscriber may take before its delivery is thought lost and made again.
    "DELIVERY_LEASE_SECONDS": _whole_number("OMS_DELIVERY_LEASE_SECONDS", 60, least=1),
    # Tries before a delivery becomes a dead letter.
    "DELIVERY_ATTEMPTS": _whole_number("OMS_DELIVERY_ATTEMPTS", 15, least=1),
    # Requests a minute by kind, of one key or member of staff; the last three by address. 0: not limited, as
    # everywhere but in production unless it is said. What passes in one burst is the same number.
    "REQUESTS_PER_MINUTE": {
        kind: _whole_number(f"OMS_{kind.upper()}_PER_MINUTE", usual if PRODUCTION else 0)
        for kind, usual in (
            *(("reads", 6000), ("writes", 6000), ("batches", 300)),
            *(("strangers", 120), ("logins", 30), ("webhooks", 6000)),
        )
    },
    # How many proxies of yours write X-Forwarded-For before a request comes here.
    "TRUSTED_PROXIES": _whole_number("OMS_TRUSTED_PROXIES", 0, most=10),
    # Hours before an authorization ends at which staff are told to capture it.
    "AUTHORIZATION_WARNING_HOURS": _whole_number("OMS_AUTHORIZATION_WARNING_HOURS", 48, least=1, most=8760),
    # Days after which an order that is still open is late.
    "LATE_AFTER_DAYS": _whole_number("OMS_LATE_AFTER_DAYS", 3, least=1, most=36_500),
    # Days after which goods that are waited for, or on their way between two places, need somebody to look at them.
    "STUCK_AFTER_DAYS": _whole_number("OMS_STUCK_AFTER_DAYS", 7, least=1, most=36_500),
    # Days after which rows and files are pruned that nobody needs for ever; 0 keeps them. What is not done with stays.
    "KEEP_DAYS": {
        "audit": _days("OMS_KEEP_AUDIT_DAYS", 400),
        "bulk_job_rows": _days("OMS_KEEP_BULK_JOBS_DAYS", 90),
        "bulk_jobs": _days("OMS_KEEP_BULK_JOBS_DAYS", 90),
        "deliveries": _days("OMS_KEEP_DELIVERIES_DAYS", 30),
        "events": _days("OMS_KEEP_EVENTS_DAYS", 90),
        "idempotency_keys": _days("OMS_KEEP_IDEMPOTENCY_KEYS_DAYS", 7),
        "import_rejects": _days("OMS_KEEP_IMPORT_REJECTS_DAYS", 180),
        "provider_webhooks": _days("OMS_KEEP_PROVIDER_WEBHOOKS_DAYS", 90),
        "sessions": _days("OMS_KEEP_SESSIONS_DAYS", 1),
        "source_files": _days("OMS_KEEP_SOURCE_FILES_DAYS", 0),
        "source_runs": _days("OMS_KEEP_SOURCE_RUNS_DAYS", 90),
        "spool": _days("OMS_KEEP_SPOOL_DAYS", 1),
        "upload_files": _days("OMS_KEEP_UPLOAD_FILES_DAYS", 30),
        "uploads": _days("OMS_KEEP_UPLOADS_DAYS", 180),
    },
}

# What HTTP sources show to get in, by name: OMS_SOURCE_SECRET_ACME="Bearer …" is "acme". Sources keep the name only.
SOURCE_SECRETS = {
    name.removeprefix("OMS_SOURCE_SECRET_").lower(): value
    for name, value in os.environ.items()
    if name.startswith("OMS_SOURCE_SECRET_") and value
}
# The one host that such a secret is shown to: OMS_SOURCE_HOST_ACME=orders.acme.example. Without one it goes wherever
# the address of a source leads, which staff choose.
SOURCE_SECRET_HOSTS = {
    name.removeprefix("OMS_SOURCE_HOST_").lower(): value.lower()
    for name, value in os.environ.items()
    if name.startswith("OMS_SOURCE_HOST_") and value
}

# --- Django ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "oms.web.console.site.ConsoleConfig",  # Unfold
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
    "oms.web.middleware.RequestIdMiddleware",
    "oms.operation.probes.ProbesMiddleware",
    "oms.operation.observing.ObservingMiddleware",
    "oms.web.security.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "oms.web.sessions.SessionMiddleware",
    "oms.web.console.guarding.LimitsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oms.web.time_zones.TimeZoneMiddleware",
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
# A server that does not answer is found out, not waited for.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# Several test runs on one server keep out of each other's way by name.
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("OMS_TEST_DATABASE", "test_oms")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Several installations may share one Redis: each puts a word of its own before its keys.
REDIS_KEY_PREFIX = os.environ.get("REDIS_KEY_PREFIX", "")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_KEY_PREFIX,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["oms.web.backend.StaffBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Attempts to sign in within 15 minutes, for an account and from an address (docs/security.md).
LOGIN_ATTEMPTS_ACCOUNT = _whole_number("OMS_LOGIN_ATTEMPTS_ACCOUNT", 10, least=1)
LOGIN_ATTEMPTS_ADDRESS = _whole_number("OMS_LOGIN_ATTEMPTS_ADDRESS", 100, least=1)
# Groups whose members need a second factor to sign in; `superuser` for those.
SECOND_FACTOR_ROLES: list[str] = env.list("OMS_SECOND_FACTOR_ROLES", default=[])
# A session ends after so many minutes without a request, and after so many hours whatever is done.
SESSION_IDLE_MINUTES = _whole_number("OMS_SESSION_IDLE_MINUTES", 240, least=1)
SESSION_HOURS = _whole_number("OMS_SESSION_HOURS", 16, least=1)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

LANGUAGE_CODE = "en"
# What the console can speak: whoever's browser asks for another language reads English.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
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
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # packing an order with a quantity for each of its lines

# --- REST ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oms.web.authentication.StaffTokenAuthentication",
        "oms.web.authentication.ApiKeyAuthentication",
        "oms.web.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["oms.web.permissions.MayUse"],
    "DEFAULT_RENDERER_CLASSES": ["oms.web.rendering.ExactJsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["oms.web.rendering.ExactJsonParser"],
    "DEFAULT_PAGINATION_CLASS": "oms.web.pagination.OffsetPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "oms.web.rendering.AlwaysJson",
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
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "PREPROCESSING_HOOKS": ["oms.web.schema.only_api"],
    "POSTPROCESSING_HOOKS": ["oms.web.schema.add_components"],
}

# --- Celery ----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_ACKS_LATE = True  # a task may run twice, and every task copes
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    **{f"channels.tasks.run_{what}": {"queue": "imports"} for what in ("source", "upload")},
    **{f"payments.tasks.{what}": {"queue": "providers"} for what in ("resume", "ask_what_became")},
    "payments.tasks.process_webhook": {"queue": "webhooks"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "visibility_timeout": 3600,
    "global_keyprefix": REDIS_KEY_PREFIX,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"


def _beat(task: str, seconds: int) -> dict[str, Any]:
    """A task every so many seconds. A message that no worker took in time is void: without workers thousands would
    wait. (The scheduler in the database knows `expire_seconds`, and drops `expires`.)"""
    return {"task": task, "schedule": float(seconds), "options": {"expire_seconds": max(30, seconds)}}


CELERY_BEAT_SCHEDULE = {
    "relay the outbox": _beat("oms.relay.sweep", 5),
    "prune what is old": _beat("oms.pruning.prune", 3600),
    "look after imports": _beat("channels.tasks.look_after_imports", 30),
    "look after bulk jobs": _beat("orders.tasks.look_after_bulk_jobs", 30),
    "look after payments": _beat("payments.tasks.look_after_attempts", 30),
    "expire gift cards": _beat("payments.tasks.expire_gift_cards", 3600),
    "look after webhooks of payments": _beat("payments.tasks.look_after_webhooks", 30),
    "look after authorizations that end": _beat("payments.tasks.look_after_authorizations", 300),
    "release holds that are due": _beat("orders.tasks.release_due_holds", 60),
    "sum up sales": _beat("orders.tasks.sum_up_sales", 60),
    "sum up all sales that are shown": _beat("orders.tasks.sum_up_sales", 3600) | {"kwargs": {"everything": True}},
    "fill backorders with what is free": _beat("inventory.tasks.fill_backorders", 60),
    "release reservations that have expired": _beat(
        "inventory.tasks.release_expired_reservations", _whole_number("OMS_RELEASE_EXPIRED_SECONDS", 60, least=1)
    ),
}

# --- logs ------------------------------------------------------------------------------------------------------------

LOG_LEVEL = _one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOG_FORMAT = _one_of("LOG_FORMAT", ("json", "plain"), "json" if PRODUCTION else "plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": f"oms.web.logs.{LOG_FORMAT}_formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # A line for each request and task is ours (oms.operation); Django's own says less.
    "loggers": {
        "django.server": {"level": "WARNING", "propagate": True, "handlers": []},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},  # its debug lines hold what customers' browsers are told
    },
}

# --- operation -------------------------------------------------------------------------------------------------------

# Whoever sends it as a bearer token sees /metrics and the details of /readyz. Without one: in development everybody,
# in production nobody.
OPERATION_TOKEN = os.environ.get("OMS_OPERATION_TOKEN", "")
METRICS_DIR = os.environ.get("OMS_METRICS_DIR") or str(BASE_DIR / "var" / "metrics")
# Above these /readyz says no. 0: it does not matter.
READY_MAX_OUTBOX_SECONDS = _whole_number("OMS_READY_MAX_OUTBOX_SECONDS", 300)
READY_MAX_DELIVERY_SECONDS = _whole_number("OMS_READY_MAX_DELIVERY_SECONDS", 900)
READY_MAX_JOB_SECONDS = _whole_number("OMS_READY_MAX_JOB_SECONDS", 900)
