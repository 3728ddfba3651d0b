from django.urls import path

from payments.api import views

urlpatterns = [
    path("payments", views.PaymentsView.as_view()),
    path("payments/<str:payment_id>", views.PaymentView.as_view()),
]
