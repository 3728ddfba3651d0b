"""Refusals. A domain error is raised with facts; the sentence, status and code belong to its class.

`oms.web.exceptions` turns one into application/problem+json (RFC 9457); the console shows the same sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with the input.

    `pointer` is a JSON pointer (RFC 6901) into the body, "" for the whole of it. `facts` are the figures behind the
    sentence, for a program to read.
    """

    pointer: str
    message: str
    code: str = "invalid"
    facts: dict[str, Any] = field(default_factory=dict)


class DomainError(Exception):
    """A refusal that a person can understand and a program can branch on.

    code: stable and documented. status: HTTP. type: the contract's word for the kind of refusal. message: a sentence
    with %(facts)s in it. errors: every line that fails, gathered before raising. headers: of the answer over HTTP.
    """

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 400
    type: ClassVar[str] = "invalid_data"
    message: ClassVar[str | Promise] = _("The request is not valid.")

    def __init__(self, *, errors: Sequence[FieldError] = (), **facts: Any) -> None:
        self.facts = facts
        self.errors = list(errors)
        self.headers: dict[str, str] = {}
        super().__init__(str(self.message) % facts if facts else str(self.message))

    def __str__(self) -> str:
        """The sentence, and the sentences of the single errors where there are any."""
        head = str(self.message) % self.facts if self.facts else str(self.message)
        details = [error.message for error in self.errors if error.message != head]
        return " ".join([head, *details])


class InvalidInput(DomainError):
    """The input does not have the form that is asked for; `errors` names each field."""

    code = "invalid_input"


class NotFound(DomainError):
    code = "not_found"
    status = 404
    type = "not_found"
    message = _("No %(kind)s with id %(id)s.")


class NotAllowed(DomainError):
    """The thing exists and the input is well formed, but its state forbids the act."""

    code = "not_allowed"
    type = "not_allowed"
    message = _("That is not possible now.")


class StaleRevision(DomainError):
    """If-Match named a revision that is no longer the present one."""

    code = "stale_revision"
    status = 412
    type = "conflict"
    message = _("This was changed meanwhile: you have revision %(expected)s, it is now at %(present)s. Load it again.")


class IdempotencyKeyInUse(DomainError):
    code = "idempotency_key_in_use"
    status = 409
    type = "conflict"
    message = _("A request with this Idempotency-Key is still being processed. Try again in a moment.")


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    type = "conflict"
    message = _("This Idempotency-Key was used before with another request.")
