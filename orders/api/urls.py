from django.urls import path

from orders.api import around, bulk, customer_records, customers, fulfillments, moving, paying, refunding, views

_ONE = "orders/<str:order_id>"
_PACKED = f"{_ONE}/fulfillments/<str:fulfillment_id>"

urlpatterns = [
    path("orders", views.OrdersView.as_view()),
    path("orders/batch", views.BatchView.as_view()),
    path("orders/bulk", bulk.StartBulkJobView.as_view()),
    path(_ONE, views.OrderView.as_view()),
    path(f"{_ONE}/cancel", views.CancelView.as_view()),
    path(f"{_ONE}/keep", views.KeepView.as_view()),
    path(f"{_ONE}/complete", views.CompleteView.as_view()),
    path(f"{_ONE}/archive", views.ArchiveView.as_view()),
    path(f"{_ONE}/fulfillments", fulfillments.FulfillmentsView.as_view()),
    path(f"{_PACKED}/cancel", fulfillments.CancelFulfillmentView.as_view()),
    path(f"{_PACKED}/shipments", fulfillments.ShipmentsView.as_view()),
    path(f"{_PACKED}/mark-as-delivered", fulfillments.DeliveredView.as_view()),
    path(f"{_ONE}/move-reserved", moving.MoveReservedView.as_view()),
    path(f"{_ONE}/refunds", refunding.RefundsView.as_view()),
    path(f"{_ONE}/refunds/preview", refunding.PreviewView.as_view()),
    path(f"{_ONE}/holds", around.HoldsView.as_view()),
    path(f"{_ONE}/holds/<str:hold_id>/release", around.ReleaseHoldView.as_view()),
    path(f"{_ONE}/notes", around.NotesView.as_view()),
    path(f"{_ONE}/timeline", around.TimelineView.as_view()),
    path(f"{_ONE}/sourcing", around.SourcingView.as_view()),
    path("payments/<str:payment_id>/refund", paying.RefundView.as_view()),
    path("payments/<str:payment_id>/refund-preview", paying.RefundPreviewView.as_view()),
    path("payment-collections", paying.CollectionsView.as_view()),
    path("payment-collections/<str:collection_id>", paying.CollectionView.as_view()),
    path("payment-collections/<str:collection_id>/mark-as-paid", paying.MarkAsPaidView.as_view()),
    path("customers", customer_records.CustomersView.as_view()),
    path("customers/<str:customer_id>", customer_records.CustomerView.as_view()),
    path("customers/<str:customer_id>/personal-data", customers.PersonalDataView.as_view()),
    path("customers/<str:customer_id>/erase", customers.EraseView.as_view()),
    path("bulk-jobs", bulk.BulkJobsView.as_view()),
    path("bulk-jobs/<str:job_id>", bulk.BulkJobView.as_view()),
    path("bulk-jobs/<str:job_id>/rows", bulk.BulkJobRowsView.as_view()),
    path("bulk-jobs/<str:job_id>/cancel", bulk.CancelBulkJobView.as_view()),
    path("bulk-jobs/<str:job_id>/retry", bulk.RetryBulkJobView.as_view()),
]
