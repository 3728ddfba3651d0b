"""What the operations on orders ask of their caller."""

from typing import Final

from oms.web.scopes import Access, Scope

READ: Final = Access(Scope.ORDERS_READ, "orders.view_order")
WRITE: Final = Access(Scope.ORDERS_WRITE, "orders.change_order")
PLACE: Final = Access(Scope.ORDERS_WRITE, "orders.add_order")
FULFILL: Final = Access(Scope.FULFILLMENTS_WRITE, "fulfillment.change_fulfillment")
PRIVACY: Final = Access(Scope.CUSTOMERS_PRIVACY, "orders.delete_customer")
