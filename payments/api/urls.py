from django.urls import path

from payments.api import collecting, moving, views

_ONE = "payments/<str:payment_id>"
_COLLECTION = "payment-collections/<str:collection_id>"

# Refunds, marking as paid, and what concerns an order's worth beside: orders/api/urls.py.
urlpatterns = [
    path("payments", views.PaymentsView.as_view()),
    path("payments/payment-providers", views.ProvidersView.as_view()),
    path(_ONE, views.PaymentView.as_view()),
    path(f"{_ONE}/capture", moving.CaptureView.as_view()),
    path(f"{_ONE}/void", moving.VoidView.as_view()),
    path(f"{_ONE}/attempts", views.AttemptsView.as_view()),
    path(f"{_ONE}/events", views.EventsView.as_view()),
    path(f"{_COLLECTION}/payment-sessions", collecting.SessionsView.as_view()),
    path("payment-sessions/<str:session_id>/authorize", collecting.AuthorizeView.as_view()),
    path("refund-reasons", views.RefundReasonsView.as_view()),
    path("refund-reasons/<str:reason>", views.RefundReasonView.as_view()),
]
