"""Where an order ships from: pure strategies over the stock of candidate locations, and the decision they explain."""
