"""What the operations on stock ask of their caller."""

from typing import Final

from oms.web.scopes import Access, Scope

READ: Final = Access(Scope.INVENTORY_READ, "inventory.view_inventorylevel")
WRITE: Final = Access(Scope.INVENTORY_WRITE, "inventory.change_inventorylevel")
# What there is to be counted, and where: not for everybody who counts it.
ADD_ITEM: Final = Access(Scope.INVENTORY_WRITE, "inventory.add_inventoryitem")
CHANGE_ITEM: Final = Access(Scope.INVENTORY_WRITE, "inventory.change_inventoryitem")
ADD_LOCATION: Final = Access(Scope.INVENTORY_WRITE, "inventory.add_stocklocation")
CHANGE_LOCATION: Final = Access(Scope.INVENTORY_WRITE, "inventory.change_stocklocation")
