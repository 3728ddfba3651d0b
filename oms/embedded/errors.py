"""What can go wrong, said so that the reader knows what to do next."""


class EmbeddedError(Exception):
    """The servers cannot be started, shared or stopped. The message is for the person at the terminal."""
