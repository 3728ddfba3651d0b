from django.urls import include, path

from bench import floor

urlpatterns = [
    path("bench/floor", floor.place),
    path("", include("oms.urls")),
]
