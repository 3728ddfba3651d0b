"""What the operations on stock ask of their caller."""

from typing import Final

from oms.web.scopes import Access, Scope

READ: Final = Access(Scope.INVENTORY_READ, "inventory.view_inventorylevel")
WRITE: Final = Access(Scope.INVENTORY_WRITE, "inventory.change_inventorylevel")
