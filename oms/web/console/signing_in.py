"""Signing in to the console: name and password, then the code of the second factor; and setting one up."""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import authenticate
from django.contrib.auth.forms import UsernameField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from unfold.forms import AuthenticationForm

from oms.core import actors
from oms.core.errors import DomainError
from oms.web import attempts, audit, backend, second_factor, sessions
from oms.web.attempts import TooManyAttempts
from oms.web.second_factor import WrongCode


class LoginForm(AuthenticationForm):
    """Says when somebody has tried too often; of all other refusals the same, whatever is wrong."""

    username = UsernameField(max_length=254, widget=forms.TextInput(attrs={"autocomplete": "username"}))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if given.get("username") and given.get("password"):
            try:
                self.user_cache = authenticate(self.request, **given, asks_later=True)
            except TooManyAttempts as refusal:
                raise forms.ValidationError(str(refusal)) from None
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
            self.request.by_password = True
        return given


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}),
    )


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Asks for the code after the password; sets the factor up; for who is signed in, takes it away again."""
    half = getattr(request, "half_signed_in", None)
    user: Any = half or request.user
    if not user.is_authenticated or not user.is_staff:
        return HttpResponseRedirect(reverse("admin:login"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer = _act(request, user, form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", str(refusal))
        else:
            if answer is not None:
                return answer
    return _page(request, user, form)


def _act(request: HttpRequest, user: Any, code: str) -> HttpResponse | None:
    """What the code is for. Raises WrongCode, TooManyAttempts."""
    backend.count(user.get_username(), request)
    if not second_factor.is_set_up(user):
        codes = second_factor.confirm(user=user, code=code)
        audit.record("second_factor.set_up", actor=actors.staff(user), request=request, subject=f"user:{user.pk}")
        _complete(request, user)
        return _page(request, user, CodeForm(), codes=codes)
    if not second_factor.verify(user=user, code=code):
        audit.record("second_factor.failed", actor=actors.staff(user), request=request)
        raise WrongCode()
    attempts.forgive(user.get_username(), request)
    if sessions.MISSING in request.session:
        _complete(request, user)
        return HttpResponseRedirect(reverse("admin:index"))
    second_factor.remove(user=user)
    audit.record("second_factor.removed", actor=actors.staff(user), request=request, subject=f"user:{user.pk}")
    messages.success(request, _now("From now on the password is enough."))
    return HttpResponseRedirect(reverse("admin:index"))


def _complete(request: HttpRequest, user: Any) -> None:
    """Nothing is missing any more; the session gets another key, as after every step up."""
    attempts.forgive(user.get_username(), request)
    request.session.pop(sessions.MISSING, None)
    request.session.cycle_key()
    request.user = user


def _page(request: HttpRequest, user: Any, form: CodeForm, *, codes: list[str] | None = None) -> HttpResponse:
    is_set_up = second_factor.is_set_up(user)
    factor = None if is_set_up else second_factor.begin(user=user)
    context = {
        **admin.site.each_context(request),
        "title": _("Second factor"),
        "form": form,
        "codes": codes,
        "is_set_up": is_set_up,
        "asks": sessions.MISSING in request.session and is_set_up,
        "is_required": second_factor.is_required(user),
        "picture": _picture(second_factor.address(user, factor)) if factor else "",
        "secret": factor.secret if factor else "",
    }
    return TemplateResponse(request, "admin/second_factor.html", context)


def _picture(text: str) -> SafeString:
    """The QR code as inline SVG: nothing of it comes from anywhere else, and no style is in it."""
    svg = segno.make(text, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff")
    return mark_safe(svg)  # noqa: S308  (drawn here, of squares)
