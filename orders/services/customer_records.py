"""Customers as staff and programs write them down, beside those that orders bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from oms.core import ids
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.core.transactions import atomic
from orders.errors import CustomerExists, CustomerIsErased
from orders.models import Customer
from orders.soundness import nul_errors

FIELDS: Final = ("email", "phone", "first_name", "last_name", "company_name")


@atomic()
def create_customer(*, fields: Mapping[str, str], metadata: Mapping[str, Any] | None = None) -> Customer:
    """Write down a customer who is known by their e-mail address, or by nothing yet.

    The same address again is refused, for it names the same person: CustomerExists. Raises InvalidInput.
    """
    customer = Customer(**_sound(fields), metadata=_merged({}, metadata))
    _save(customer)
    customer.refresh_from_db()
    return customer


@atomic()
def update_customer(
    *, customer_id: UUID, fields: Mapping[str, str], metadata: Mapping[str, Any] | None = None
) -> Customer:
    """Correct what is known of a customer; keys of metadata are merged, a null removes one. Their orders keep theirs.

    The same again changes nothing. Raises NotFound, InvalidInput, CustomerExists, and CustomerIsErased: who was
    forgotten is not written down again.
    """
    sound = _sound(fields)
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(kind="customer", id=ids.encode(ids.CUSTOMER, customer_id))
    if customer.erased_at is not None:
        raise CustomerIsErased(id=customer.public_id)
    wanted = sound | {"metadata": _merged(customer.metadata, metadata)}
    if any(getattr(customer, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(customer, name, value)
        _save(customer)
    return customer


def _sound(fields: Mapping[str, str]) -> dict[str, Any]:
    """Raises InvalidInput for a field that is none of a customer's, and for what no column can hold."""
    errors = [FieldError(f"/{name}", f"{name} cannot be changed.") for name in fields if name not in FIELDS]
    errors += nul_errors(dict(fields), "")
    if errors:
        raise InvalidInput(errors=errors)
    return {name: value.strip() for name, value in fields.items()}


def _merged(known: Mapping[str, Any], fresh: Mapping[str, Any] | None) -> dict[str, Any]:
    errors = nul_errors(dict(fresh or {}), "/metadata")
    if errors:
        raise InvalidInput(errors=errors)
    return {key: value for key, value in {**known, **(fresh or {})}.items() if value is not None}


def _save(customer: Customer) -> None:
    """Two who write the same address at once: the database knows which is the second."""
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as problem:
        if "customer_guest_email_once" not in str(problem):
            raise
        raise CustomerExists(email=customer.email) from None
