from django.urls import path

from oms.web import login

urlpatterns = [
    path("user/emailpass", login.PasswordView.as_view()),
    path("token/refresh", login.RefreshView.as_view()),
    path("session", login.SessionView.as_view()),
]
