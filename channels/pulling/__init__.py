"""Fetching orders from outside: HTTP addresses and folders. What comes lies in a directory of the run's own."""
