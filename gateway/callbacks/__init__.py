"""What payment providers tell us: authenticated by an unguessable path, kept, answered at once, understood later."""

from gateway.callbacks.view import blueprint

__all__ = ["blueprint"]
