"""Stock that is not kept by location: one quantity for each item."""
