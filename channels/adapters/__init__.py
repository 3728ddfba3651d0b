"""Formats in which orders arrive. One file each; `base` says what a format does, `files` how it is read."""
