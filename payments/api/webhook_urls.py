from django.urls import path

from payments.api.webhooks import WebhookView

urlpatterns = [path("<str:provider>", WebhookView.as_view())]
