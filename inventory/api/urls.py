from django.urls import path

from inventory.api import documents, items, locations, reservations

_LEVELS = "inventory-items/<str:item_id>/location-levels"

urlpatterns = [
    path("inventory-items", items.ItemsView.as_view()),
    path("inventory-items/<str:item_id>", items.ItemView.as_view()),
    path(_LEVELS, items.LevelsView.as_view()),
    path(f"{_LEVELS}/batch", items.LevelBatchView.as_view()),
    path(f"{_LEVELS}/<str:location_id>", items.LevelView.as_view()),
    path(f"{_LEVELS}/<str:location_id>/adjust", items.AdjustView.as_view()),
    path("stock-locations", locations.LocationsView.as_view()),
    path("stock-locations/<str:location_id>", locations.LocationView.as_view()),
    path("reservations", reservations.ReservationsView.as_view()),
    path("reservations/<str:reservation_id>", reservations.ReservationView.as_view()),
    path("stock-arrivals", documents.ArrivalsView.as_view()),
    path("stock-arrivals/<str:document_id>", documents.ArrivalView.as_view()),
    path("stock-arrivals/<str:document_id>/receive", documents.ReceiveArrivalView.as_view()),
    path("stock-arrivals/<str:document_id>/close", documents.CloseArrivalView.as_view()),
    path("stock-transfers", documents.TransfersView.as_view()),
    path("stock-transfers/<str:document_id>", documents.TransferView.as_view()),
    path("stock-transfers/<str:document_id>/send", documents.SendTransferView.as_view()),
    path("stock-transfers/<str:document_id>/receive", documents.ReceiveTransferView.as_view()),
    path("stock-transfers/<str:document_id>/close", documents.CloseTransferView.as_view()),
    path("stock-transfers/<str:document_id>/cancel", documents.CancelTransferView.as_view()),
    path("stock-counts", documents.CountsView.as_view()),
    path("stock-counts/<str:document_id>", documents.CountView.as_view()),
    path("stock-counts/<str:document_id>/items", documents.RecordCountView.as_view()),
    path("stock-counts/<str:document_id>/apply", documents.ApplyCountView.as_view()),
    path("stock-counts/<str:document_id>/cancel", documents.CancelCountView.as_view()),
    path("stock-shortages", documents.ShortagesView.as_view()),
    path("stock-shortages/<str:document_id>/settle", documents.SettleShortageView.as_view()),
    path("low-stock-alerts", documents.AlertsView.as_view()),
]
