"""Whether an installation is well: one finding for each check, with what to do about it."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import redis
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.checks.messages import ERROR
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError as KombuOperationalError

from inventory import providers as stock
from inventory.models import InventoryItem
from oms.embedded import read_state
from oms.operation import figures
from oms.operation.observing_tasks import BEAT_SEEN

_OLDEST_POSTGRES: Final = 15
_OLDEST_REDIS: Final = (6, 2)
_MOST_SKEW_SECONDS: Final = 2.0
_BEAT_SILENCE_SECONDS: Final = 60.0
_WORKER_PATIENCE_SECONDS: Final = 1.5
_LEAST_FREE: Final = 0.1
_SAMPLED_ITEMS: Final = 20
_BLOAT: Final = 0.2  # dead rows to living ones, above which autovacuum should have been
_BLOAT_LEAST: Final = 10_000


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """name: what was looked at. found: how it is, in a few words. advice: what to do, where it is not well."""

    name: str
    state: State
    found: str
    advice: str = ""


Check = Callable[[], Iterator[Finding]]


def examine() -> Iterator[Finding]:
    """Every check in turn. One that breaks is a finding itself, and the others go on."""
    for check in _CHECKS:
        try:
            yield from check()
        except DatabaseError as problem:
            connection.close()
            yield Finding(_name(check), State.FAILED, type(problem).__name__, "Is PostgreSQL up? See DATABASE_URL.")
        except (redis.RedisError, KombuOperationalError, OSError) as problem:
            yield Finding(_name(check), State.FAILED, type(problem).__name__, "Is the broker up? See REDIS_URL.")


def _name(check: Check) -> str:
    return check.__name__.lstrip("_").replace("_", " ")


def _judged(name: str, well: bool, found: str, advice: str, otherwise: State = State.FAILED) -> Finding:
    return Finding(name, State.OK, found) if well else Finding(name, otherwise, found, advice)


def _settings() -> Iterator[Finding]:
    serious = [each for each in run_checks(include_deployment_checks=settings.PRODUCTION) if each.level >= ERROR]
    found = "; ".join(str(each.msg) for each in serious) or f"OMS_ENV={settings.OMS_ENV}"
    yield _judged("settings", not serious, found, "Mend the settings that are named (manage.py check --deploy).")
    if settings.PRODUCTION:
        told = bool(settings.OPERATION_TOKEN)
        yield _judged(
            "operation token",
            told,
            "set" if told else "not set",
            "Set OMS_OPERATION_TOKEN, or nobody sees /metrics.",
            State.WARNING,
        )


def _postgres() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, clock_timestamp(), current_setting('server_encoding'),"
            " current_setting('fsync')"
        )
        version, now, encoding, fsync = cursor.fetchone()
    shown = f"{version // 10_000}.{version % 10_000}"
    yield _judged("PostgreSQL version", version >= _OLDEST_POSTGRES * 10_000, shown, "Upgrade to 15 or newer.")
    skew = abs((datetime.now(UTC) - now).total_seconds())
    yield _judged(
        "clock", skew <= _MOST_SKEW_SECONDS, f"{skew:.1f} s from the database's", "Synchronise both with NTP."
    )
    yield _judged("encoding", encoding == "UTF8", encoding, "Make the database anew with ENCODING 'UTF8'.")
    yield _judged("durability", fsync == "on", f"fsync {fsync}", "Set fsync = on: a crash loses data.", State.WARNING)


def _extensions() -> Iterator[Finding]:
    """None is needed; one that is installed should be of the version that the server has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_available_extensions"
            " WHERE installed_version IS NOT NULL AND installed_version <> default_version ORDER BY 1"
        )
        old = [name for (name,) in cursor.fetchall()]
    yield _judged(
        "extensions", not old, ", ".join(old) or "up to date", "ALTER EXTENSION … UPDATE for each.", State.WARNING
    )


def _migrations() -> Iterator[Finding]:
    missing = figures.migrations_missing()
    found = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
    yield _judged("migrations", not missing, found or "all applied", "Run manage.py migrate.")


def _indexes() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1")
        broken = [name for (name,) in cursor.fetchall()]
    yield _judged("indexes", not broken, ", ".join(broken) or "all valid", "REINDEX INDEX CONCURRENTLY for each.")


def _vacuum() -> Iterator[Finding]:
    """Tables in which dead rows have piled up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE n_dead_tup > %s AND n_dead_tup > %s * n_live_tup ORDER BY 1",
            [_BLOAT_LEAST, _BLOAT],
        )
        due = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT max(age(datfrozenxid)) FROM pg_database")
        age = cursor.fetchone()[0]
    yield _judged(
        "vacuum", not due, ", ".join(due) or "none due", "VACUUM ANALYZE them; let autovacuum work.", State.WARNING
    )
    yield _judged("transaction ids", age < 1_000_000_000, f"{age:,} old", "VACUUM FREEZE before two thousand millions.")


def _events() -> Iterator[Finding]:
    if figures.migrations_missing():
        return
    lag, late, dead = figures.outbox_lag(), figures.delivery_lag(), figures.deliveries_dead()
    most_lag, most_late = settings.READY_MAX_OUTBOX_SECONDS, settings.READY_MAX_DELIVERY_SECONDS
    yield _judged("outbox", not most_lag or lag <= most_lag, f"{lag:.0f} s behind", "Do worker and beat run?")
    yield _judged("deliveries", not most_late or late <= most_late, f"{late:.0f} s behind", "Start more workers.")
    yield _judged(
        "dead letters", not dead, f"{dead:.0f}", "Look into them in the console; deliver again.", State.WARNING
    )


def _broker() -> Iterator[Finding]:
    info: Any = figures.broker().info()
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    known = tuple(int(part) for part in version.split(".")[:2])
    yield _judged("broker version", known >= _OLDEST_REDIS, version, "Upgrade to Redis 6.2 or Valkey.")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    yield _judged("broker memory", policy == "noeviction", policy, "Set maxmemory-policy noeviction: tasks get lost.")
    jobs = figures.jobs()
    most = settings.READY_MAX_JOB_SECONDS
    for queue, (count, waited) in jobs.items():
        found = f"{count} waiting, the oldest {waited:.0f} s"
        yield _judged(f"queue {queue}", not most or waited <= most, found, "Start a worker on it.")


def _workers() -> Iterator[Finding]:
    answers = current_app.control.inspect(timeout=_WORKER_PATIENCE_SECONDS).active_queues() or {}
    counts = dict.fromkeys(figures.QUEUES, 0)
    for queues in answers.values():
        for queue in queues:
            counts[queue["name"]] = counts.get(queue["name"], 0) + 1
    for queue, count in counts.items():
        yield _judged(f"workers on {queue}", count > 0, f"{count}", f"Start: celery -A oms worker -Q {queue}")


def _beat() -> Iterator[Finding]:
    seen = cache.get(BEAT_SEEN)
    silence = None if seen is None else time.time() - float(seen)
    found = "not seen for a day" if silence is None else f"seen {silence:.0f} s ago"
    well = silence is not None and silence <= _BEAT_SILENCE_SECONDS
    yield _judged("beat", well, found, "Start exactly one: celery -A oms beat")


def _disk() -> Iterator[Finding]:
    """Of servers that run elsewhere, their own monitoring tells."""
    servers = read_state()
    if servers is None or servers.database_url != settings.DATABASE_URL:
        return
    usage = shutil.disk_usage(servers.home)
    free = usage.free / usage.total
    found = f"{usage.free / 1e9:.1f} GB free, {free:.0%}"
    yield _judged("disk", free >= _LEAST_FREE, found, f"Make room beside {servers.home}.")


def _stock() -> Iterator[Finding]:
    """A sample of items, another each time; `manage.py verify_stock` proves all."""
    if figures.migrations_missing():
        return
    skus = _some_skus()
    wrong = [sku for sku in skus if stock.current().verify(sku=sku).differences]
    found = f"{len(skus)} items proven" if not wrong else ", ".join(wrong)
    yield _judged("stock", not wrong, found, "Run manage.py verify_stock, which names every difference.")


def _some_skus() -> list[str]:
    """Neighbours by age from some point on: an index finds them, however many items there are."""
    by_age = InventoryItem.objects.order_by("pk").values_list("pk", flat=True)
    first, last = by_age.first(), by_age.last()
    if first is None or last is None:
        return []
    start = UUID(int=first.int + secrets.randbelow(last.int - first.int + 1))
    found = InventoryItem.objects.filter(pk__lte=start).order_by("-pk").values_list("sku", flat=True)
    return list(found[:_SAMPLED_ITEMS])


_CHECKS: Final[tuple[Check, ...]] = (
    _settings,
    _postgres,
    _extensions,
    _migrations,
    _indexes,
    _vacuum,
    _events,
    _broker,
    _workers,
    _beat,
    _disk,
    _stock,
)
