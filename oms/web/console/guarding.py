"""What lies outside of somebody's limits does not exist for them, in whatever page of the console they name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from oms.web.limits import EVERYTHING, all_within, answering, limits_of
from oms.web.named import keys


class LimitsMiddleware:
    """Looks at the keys in the address and in the form before any view of the console does.

    A view that takes the check of the form's token into its own hands, because it must not be read yet (a file may be
    too large), looks at the form itself, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = answering.set(EVERYTHING)
        try:
            return self.get_response(request)
        finally:
            answering.reset(token)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if not request.path.startswith(reverse("admin:index")) or not request.user.is_authenticated:
            return
        seen = limits_of(request.user)
        answering.set(seen)
        if not seen:
            return
        texts = [str(each) for each in kwargs.values()]
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            texts += [text for name, values in request.POST.lists() for text in (name, *values)]
        if not all_within(keys(texts), seen):
            raise Http404
