from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views import defaults
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from oms.web import exceptions
from oms.web.console.signing_in import second_factor_page

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("console/exceptions/", include("oms.web.console.attention_page")),
    path("console/time-zone/", include("oms.web.time_zones")),
    path("console/second-factor/", second_factor_page, name="second_factor"),
    path("console/", admin.site.urls),
    path("auth/", include("oms.web.urls")),
    path("admin/", include("channels.api.urls")),  # first: orders/export is no order's id
    path("admin/", include("orders.api.urls")),
    path("admin/", include("inventory.api.urls")),
    path("admin/", include("payments.api.urls")),
    path("admin/", include("payments.api.balance_urls")),
    path("admin/", include("oms.web.api.urls")),
    path("webhooks/payments/", include("payments.api.webhook_urls")),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="docs"),
]


# What no view has answered: problem+json under the API's paths, Django's pages elsewhere.


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/admin/", "/auth/", "/webhooks/"))


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return exceptions.bad_request(request, exception) if _is_api(request) else defaults.bad_request(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return exceptions.not_found(request, exception)
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    return exceptions.server_error(request) if _is_api(request) else defaults.server_error(request)
