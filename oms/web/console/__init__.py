"""What all pages of the console (Django's admin) share: base classes, how a button runs a service, how things look."""
