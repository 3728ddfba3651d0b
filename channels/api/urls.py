from django.urls import path

from channels.api import exports, views

urlpatterns = [
    path("orders/export", exports.ExportView.as_view()),
    path("sales-channels", views.ChannelsView.as_view()),
    path("sales-channels/<str:channel_id>", views.ChannelView.as_view()),
    path("sales-channels/<str:channel_id>/stock", views.ChannelStockView.as_view()),
    path("stock-locations/<str:location_id>/sales-channels", views.LocationChannelsView.as_view()),
]
