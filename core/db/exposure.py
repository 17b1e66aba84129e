"""What each project has out, kept as changes by the database itself, so that nobody sums all loans to know it.

Whatever writes a loan, a trigger notes by how much its project has more or less out: promised and not yet paid out, or
paid out and not yet paid back. The notes of a project add up to what is out; no running balance is a hot row. Now and
then `core.lending.exposure` folds them into one. A migration that rebuilds lending_loan on SQLite installs this anew.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

_COLUMNS = "status, contract_amount, principal_outstanding, undrawn"


def _out(row: str) -> str:
    """What one row of lending_loan has out, in minor units."""
    return (
        f"(CASE WHEN {row}.status = 'approved' THEN {row}.contract_amount ELSE 0 END"
        f" + CASE WHEN {row}.status IN ('approved', 'disbursed', 'defaulted')"
        f" THEN {row}.principal_outstanding + {row}.undrawn ELSE 0 END)"
    )


_NOTE = "INSERT INTO lending_exposure (project_id, amount) VALUES"
_SQLITE = (
    f"""CREATE TRIGGER lending_exposure_begins AFTER INSERT ON lending_loan WHEN {_out("NEW")} <> 0
BEGIN {_NOTE} (NEW.project_id, {_out("NEW")}); END""",
    f"""CREATE TRIGGER lending_exposure_moves AFTER UPDATE OF {_COLUMNS} ON lending_loan
WHEN {_out("NEW")} <> {_out("OLD")}
BEGIN {_NOTE} (NEW.project_id, {_out("NEW")} - {_out("OLD")}); END""",
)
_POSTGRES = (
    f"""CREATE FUNCTION lending_exposure_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {_NOTE} (NEW.project_id, {_out("NEW")}); RETURN NULL; END $$""",
    f"""CREATE FUNCTION lending_exposure_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {_NOTE} (NEW.project_id, {_out("NEW")} - {_out("OLD")}); RETURN NULL; END $$""",
    f"""CREATE TRIGGER lending_exposure_begins AFTER INSERT ON lending_loan FOR EACH ROW
WHEN ({_out("NEW")} <> 0) EXECUTE FUNCTION lending_exposure_begins()""",
    f"""CREATE TRIGGER lending_exposure_moves AFTER UPDATE OF {_COLUMNS} ON lending_loan FOR EACH ROW
WHEN ({_out("NEW")} <> {_out("OLD")}) EXECUTE FUNCTION lending_exposure_moves()""",
)
_BEGIN = f"""INSERT INTO lending_exposure (project_id, amount)
SELECT project_id, sum({_out("lending_loan")}) FROM lending_loan GROUP BY project_id"""  # noqa: S608 - ours alone


def install(connection: Connection) -> None:
    """Note what is out now, and from now on every change of it."""
    connection.exec_driver_sql(_BEGIN)
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.exec_driver_sql(statement)
