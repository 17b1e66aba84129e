"""The rules the database itself keeps, in the dialect of each: books and ledger are written once, and balance.

Made by the migrations (`install`); here because they are one idea for two databases.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

APPEND_ONLY = (
    "ledger_journal_entry",
    "ledger_posting",
    "book_entry",
    "sscr_opening",
    "lending_event",
)

_SQLITE_SEALED = """
CREATE TRIGGER ledger_posting_sealed BEFORE INSERT ON ledger_posting
WHEN EXISTS (SELECT 1 FROM ledger_journal_entry WHERE id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'the journal entry is sealed'); END"""

_SQLITE_BALANCED = """
CREATE TRIGGER ledger_entry_balanced BEFORE INSERT ON ledger_journal_entry
WHEN (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.id) < 2
  OR EXISTS (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.id
             GROUP BY currency HAVING sum(amount) <> 0)
BEGIN SELECT RAISE(ABORT, 'the journal entry does not balance'); END"""

_POSTGRES_SEALED = """
CREATE FUNCTION ledger_posting_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_journal_entry WHERE id = NEW.entry_id) THEN
    RAISE EXCEPTION 'the journal entry is sealed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_posting_sealed BEFORE INSERT ON ledger_posting
  FOR EACH ROW EXECUTE FUNCTION ledger_posting_sealed()"""

_POSTGRES_BALANCED = """
CREATE FUNCTION ledger_entry_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.id) < 2
     OR EXISTS (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.id
                GROUP BY currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'the journal entry does not balance';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_balanced BEFORE INSERT ON ledger_journal_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_balanced()"""

_POSTGRES_APPEND_ONLY = """
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"""


def install(connection: Connection) -> None:
    """Create every trigger on the database of `connection`."""
    statements = _sqlite() if connection.dialect.name == "sqlite" else _postgres()
    for statement in statements:
        connection.exec_driver_sql(statement)


def _sqlite() -> list[str]:
    return [_SQLITE_SEALED, _SQLITE_BALANCED] + [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ]


def _postgres() -> list[str]:
    return [_POSTGRES_SEALED, _POSTGRES_BALANCED, _POSTGRES_APPEND_ONLY] + [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        for table in APPEND_ONLY
    ]
