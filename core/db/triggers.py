"""The rules the database itself keeps, in the dialect of each: books and ledger are written once, and balance.

Made by the migrations (`install`); here because they are one idea for two databases.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

FIRST_APPEND_ONLY = (  # those of the first migration; a later table calls `append_only` in its own
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

# One statement posts a whole entry. PostgreSQL decides inside it, with fresh eyes and an undo, who was first.
_POSTGRES_POST = """
CREATE FUNCTION ledger_post(
  entry uuid, entry_kind text, entry_reference text, at timestamptz, undone uuid, written timestamptz, lines jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_journal_entry WHERE kind = entry_kind AND reference = entry_reference) THEN
    RETURN false;
  END IF;
  INSERT INTO ledger_posting (entry_id, line, account, subject_id, currency, amount)
    SELECT entry, n - 1, l->>0, (l->>1)::uuid, l->>2, (l->>3)::bigint
    FROM jsonb_array_elements(lines) WITH ORDINALITY AS each_line(l, n);
  INSERT INTO ledger_journal_entry (id, kind, reference, value_at, reverses_id, created_at)
    VALUES (entry, entry_kind, entry_reference, at, undone, written);
  RETURN true;
EXCEPTION WHEN unique_violation THEN
  RETURN false;  -- another session was faster, and has committed: what we wrote here is undone
END $$"""

# SQLite has one writer at a time and no functions: inserting into a view posts.
_SQLITE_POST = (
    """
CREATE VIEW ledger_post AS
SELECT id, kind, reference, value_at, reverses_id, created_at, '' AS lines
FROM ledger_journal_entry WHERE 0""",
    """
CREATE TRIGGER ledger_post_writes INSTEAD OF INSERT ON ledger_post
WHEN NOT EXISTS (SELECT 1 FROM ledger_journal_entry WHERE kind = NEW.kind AND reference = NEW.reference)
BEGIN
  INSERT INTO ledger_posting (entry_id, line, account, subject_id, currency, amount)
    SELECT NEW.id, key, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
           json_extract(value, '$[2]'), json_extract(value, '$[3]')
    FROM json_each(NEW.lines);
  INSERT INTO ledger_journal_entry (id, kind, reference, value_at, reverses_id, created_at)
    VALUES (NEW.id, NEW.kind, NEW.reference, NEW.value_at, NEW.reverses_id, NEW.created_at);
END""",
)


def install(connection: Connection) -> None:
    """Create the triggers of the first migration on the database of `connection`."""
    rules: tuple[str, ...] = (_POSTGRES_SEALED, _POSTGRES_BALANCED, _POSTGRES_APPEND_ONLY)
    if connection.dialect.name == "sqlite":
        rules = (_SQLITE_SEALED, _SQLITE_BALANCED)
    for statement in rules:
        connection.exec_driver_sql(statement)
    append_only(connection, *FIRST_APPEND_ONLY)


def append_only(connection: Connection, *tables: str) -> None:
    """Let rows of these tables be written, and never changed or removed."""
    rules = _sqlite_append_only if connection.dialect.name == "sqlite" else _postgres_append_only
    for statement in [statement for table in tables for statement in rules(table)]:
        connection.exec_driver_sql(statement)


def install_post(connection: Connection) -> None:
    """Create what posts a whole journal entry in one statement."""
    statements = _SQLITE_POST if connection.dialect.name == "sqlite" else (_POSTGRES_POST,)
    for statement in statements:
        connection.exec_driver_sql(statement)


def _sqlite_append_only(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _postgres_append_only(table: str) -> list[str]:
    rule = "BEFORE UPDATE OR DELETE OR TRUNCATE"
    how = "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    return [f"CREATE TRIGGER {table}_append_only {rule} ON {table} {how}"]
