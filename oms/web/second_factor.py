"""Six digits from an app beside the password (TOTP, RFC 6238), and codes on paper for the day the telephone is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
import time
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError
from oms.core.transactions import atomic
from oms.web.models import SecondFactor

STEP: Final = 30  # seconds
_DRIFT: Final = 1  # steps that a telephone's clock may be off
_DIGITS: Final = 6
RECOVERY_CODES: Final = 10
ISSUER: Final = "Orders"


class SecondFactorNeeded(DomainError):
    """The password is right; the code is missing or wrong."""

    code = "second_factor_needed"
    status = 401
    type = "unauthorized"
    message = _("A code of your authenticator app is needed.")


class SecondFactorNotSetUp(DomainError):
    code = "second_factor_not_set_up"
    status = 401
    type = "unauthorized"
    message = _("Your role needs a second factor. Set it up in the console first.")


class WrongCode(DomainError):
    code = "wrong_code"
    message = _("That code is not right, or was used already.")


def code_at(secret: str, step: int) -> str:
    """The digits of half a minute."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def address(user: Any, factor: SecondFactor) -> str:
    """What the QR code says."""
    label = quote(f"{ISSUER}:{user.get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': factor.secret, 'issuer': ISSUER})}"


def is_set_up(user: Any) -> bool:
    return SecondFactor.objects.filter(user_id=user.pk, confirmed_at__isnull=False).exists()


def is_required(user: Any) -> bool:
    """Whether a role of theirs asks for one (SECOND_FACTOR_ROLES: names of groups, and `superuser`)."""
    roles: list[str] = settings.SECOND_FACTOR_ROLES
    if not roles:
        return False
    return (user.is_superuser and "superuser" in roles) or user.groups.filter(name__in=roles).exists()


@atomic()
def begin(*, user: Any) -> SecondFactor:
    """The factor that is being set up; made the first time. One that is confirmed stays what it is."""
    fresh = base64.b32encode(secrets.token_bytes(20)).decode()
    return SecondFactor.objects.get_or_create(user=user, defaults={"secret": fresh})[0]


@atomic()
def confirm(*, user: Any, code: str) -> list[str]:
    """Whoever knows a code has the app: from now on it is asked for. Returns the recovery codes, shown only now.

    Raises WrongCode.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at=None).first()
    if factor is None or not _takes(factor, code):
        raise WrongCode()
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    factor.confirmed_at, factor.recovery = timezone.now(), [_hashed(each) for each in codes]
    factor.save()
    return codes


@atomic()
def verify(*, user: Any, code: str) -> bool:
    """Whether this is a code of the app that was not used yet, or an unused recovery code, which is used up."""
    factor = SecondFactor.objects.select_for_update().filter(user_id=user.pk, confirmed_at__isnull=False).first()
    if factor is None:
        return False
    hashed = _hashed(code)
    if hashed in factor.recovery:
        factor.recovery = [each for each in factor.recovery if each != hashed]
    elif not _takes(factor, code):
        return False
    factor.save(update_fields=["recovery", "last_step"])
    return True


@atomic()
def remove(*, user: Any) -> bool:
    """Ask for the password alone again. Whether there was anything to remove."""
    return bool(SecondFactor.objects.filter(user=user).delete()[0])


def _takes(factor: SecondFactor, code: str) -> bool:
    """Whether it is a code of about now, later than the last one; it is the last one then."""
    given = "".join(code.split())
    now = int(time.time()) // STEP
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if step > factor.last_step and hmac.compare_digest(code_at(factor.secret, step).encode(), given.encode()):
            factor.last_step = step
            return True
    return False


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _hashed(code: str) -> str:
    """A plain hash is enough: 80 bits of chance stand in no list."""
    plain = code.replace("-", "").replace(" ", "").lower()
    return hashlib.sha256(plain.encode()).hexdigest()
