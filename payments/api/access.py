"""What the operations on payments ask of their caller. Taking money and giving it back are two things."""

from typing import Final

from oms.web.scopes import Access, Scope

READ: Final = Access(Scope.ORDERS_READ, "payments.view_payment")
CAPTURE: Final = Access(Scope.PAYMENTS_CAPTURE, "payments.capture_payment")
REFUND: Final = Access(Scope.PAYMENTS_REFUND, "payments.refund_payment")
