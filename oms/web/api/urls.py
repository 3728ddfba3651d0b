from django.urls import path

from oms.web.api import keys

urlpatterns = [
    path("api-keys", keys.KeysView.as_view()),
    path("api-keys/<str:key_id>", keys.KeyView.as_view()),
    path("api-keys/<str:key_id>/revoke", keys.RevokeView.as_view()),
]
