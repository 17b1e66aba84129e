"""The node's four books: what happened, signed and chained, with nothing in it that reveals a person."""

from core.books.models import Book, BookEntry
from core.books.service import GENESIS, append, entries, head, verify

__all__ = ["GENESIS", "Book", "BookEntry", "append", "entries", "head", "verify"]
