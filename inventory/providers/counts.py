"""Files of counts, for those who take files in: whoever keeps stock by location sets it to what was counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from inventory.services import importing, levels
from inventory.stock_file import Reject
from oms.core.actors import Actor


def require_countable() -> None:
    """Raises NotKeptByLocation where stock is one quantity for each sku."""
    levels.require_in_use()


def import_counts(
    path: Path,
    *,
    actor: Actor,
    dry_run: bool = False,
    reject: Callable[[Reject], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Mapping[str, int]:
    """What `inventory.services.importing.import_stock` does, and what it did in numbers. Raises what that raises."""
    require_countable()
    outcome = importing.import_stock(path, actor=actor, dry_run=dry_run, reject=reject, progress=progress)
    return outcome.as_dict()
