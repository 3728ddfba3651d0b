from django.urls import path

from inventory.api import items, locations, reservations

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
]
