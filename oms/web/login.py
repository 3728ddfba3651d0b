"""Signing in and out over HTTP, as clients of the contract do it: `/auth/user/emailpass`, then a token or a cookie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from django.contrib.auth import login as open_session
from django.contrib.auth import logout as close_session
from django.contrib.auth.signals import user_logged_out
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import Meta, Struct
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from oms.web import bodies, rates, schema, staff_tokens
from oms.web.authentication import CHALLENGE, StaffSessionAuthentication, StaffTokenAuthentication
from oms.web.bodies import Body
from oms.web.rendering import json_answer
from oms.web.staff_tokens import Login
from oms.web.views import Counted

F = TypeVar("F", bound=Callable[..., Any])
_UNKEPT: Final = {"Cache-Control": "no-store"}
# Within a cookie session: the login by whose token it was opened, which ends with it.
_OPENED_BY: Final = "api_login"


class Credentials(Body):
    """email: the address of a member of staff, or the user name. password: as for the console.

    code (ours): of the authenticator app, or a recovery code, where the account has a second factor.
    """

    email: Annotated[str, Meta(min_length=1, max_length=254)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    code: Annotated[str, Meta(max_length=40)] = ""


class Token(Struct):
    """Good for some hours: `Authorization: Bearer …`."""

    token: str


class SignedIn(Struct):
    """Whom the cookie stands for."""

    actor_id: str
    actor_type: str = "user"


class SignedOut(Struct):
    success: bool = True


def _described(
    id: str,  # noqa: A002  (the description's own word)
    summary: str,
    answer: Any,
    example: Any,
    *,
    body: Any = None,
) -> Callable[[F], F]:
    """These operations take no Idempotency-Key: signing in twice is two logins."""
    answered = OpenApiResponse(answer, "Done.", examples=[OpenApiExample("Answer", value=example, response_only=True)])
    sent = [OpenApiExample("Request", value={"email": "ada@example.com", "password": "…"}, request_only=True)]
    return extend_schema(
        operation_id=id,
        summary=summary,
        description=summary,
        tags=["Signing in"],
        request={"application/json": schema.shape(body)} if body else None,
        responses={200: answered, **schema.refusals(400, 401, 403, 429, *((413, 415) if body else ()))},
        examples=sent if body else [],
    )


class AuthView(Counted):
    """Open to everybody, for this is where one becomes somebody; each method looks at who asks itself."""

    counted_as = rates.LOGINS
    permission_classes = ()

    def get_authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class PasswordView(AuthView):
    # A client that still has a token sends it, however old it is.
    authentication_classes = ()

    @_described("signIn", "Sign in with an e-mail address and a password", schema.shape(Token),
                {"token": "k3…"}, body=Credentials)  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, Credentials)
        login = staff_tokens.sign_in(request=request._request, email=body.email, password=body.password, code=body.code)
        if login is None:
            raise AuthenticationFailed()
        return json_answer(Token(login.token), headers=_UNKEPT)


class RefreshView(AuthView):
    authentication_classes = (StaffTokenAuthentication,)

    @_described("refreshToken", "Exchange a token for a fresh one", schema.shape(Token), {"token": "k3…"})
    def post(self, request: Request) -> HttpResponse:
        return json_answer(Token(_login(request).token), headers=_UNKEPT)


class SessionView(AuthView):
    authentication_classes = (StaffTokenAuthentication, StaffSessionAuthentication)

    @_described("openSession", "Exchange a token for a cookie", schema.envelope("user", SignedIn),
                {"user": {"actor_id": "1", "actor_type": "user"}})  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        login = _login(request)
        open_session(request._request, login.user)
        request._request.session[_OPENED_BY] = login.key
        return json_answer({"user": SignedIn(str(login.user.pk))})

    @_described("signOut", "Sign out: the token, or the cookie and the token it came from, open nothing any more",
                schema.shape(SignedOut), {"success": True})  # fmt: skip
    def delete(self, request: Request) -> HttpResponse:
        """Whoever is not signed in is told the same: that is what was wanted."""
        if isinstance(request.auth, Login):
            staff_tokens.end(request.auth.key)
            user_logged_out.send(sender=type(request.user), request=request._request, user=request.user)
        elif request.user is not None:
            key = request._request.session.get(_OPENED_BY)
            close_session(request._request)
            if key:
                staff_tokens.end(key)
        return json_answer(SignedOut())


def _login(request: Request) -> Login:
    """The login behind the request's token. Raises AuthenticationFailed: a cookie does not do."""
    if not isinstance(request.auth, Login):
        raise AuthenticationFailed()
    return request.auth
