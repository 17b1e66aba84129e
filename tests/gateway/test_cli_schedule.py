"""`growr loan schedule`: a line of terms in, a line of rows or an error out, without any node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from gateway.cli import main
from tests.core.lending.schedules import make


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["loan", "schedule", *words], input=given)


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_of_terms_is_answered_by_a_line_of_rows_as_in_the_published_tables() -> None:
    loans = [make.data(instalments=2), make.data(instalments=1, annual_rate_pct=0)]

    done = run(given="\n".join(json.dumps(loan) for loan in loans))

    assert done.exit_code == 0
    assert lines(done) == [
        {
            "rows": [
                {
                    "due_on": "2027-02-15", "principal": "497.51", "interest": "10.0",
                    "due": "507.51", "balance": "502.49",
                },
                {
                    "due_on": "2027-03-15", "principal": "502.49", "interest": "5.02",
                    "due": "507.51", "balance": "0.0",
                },
            ]
        },
        {
            "rows": [
                {
                    "due_on": "2027-02-15", "principal": "1000.0", "interest": "0.0",
                    "due": "1000.0", "balance": "0.0",
                }
            ]
        },
    ]  # fmt: skip


def test_a_bad_line_is_answered_in_its_place_and_the_others_go_on() -> None:
    good = json.dumps(make.data())

    done = run(given=f"{good}\n\nnonsense\n{json.dumps(make.data(principal=-5))}\n{good}\n")

    answers = lines(done)
    assert done.exit_code == 1
    assert answers[1:3] == [
        {"error": "terms_invalid", "field": "terms", "reason": "not_json"},
        {"error": "terms_invalid", "field": "principal", "reason": "negative"},
    ]
    assert answers[0] == answers[3]
    assert "Traceback" not in done.output


def test_the_terms_may_come_from_a_file_and_be_wrapped_as_in_the_published_tables(
    tmp_path: Path,
) -> None:
    path = tmp_path / "terms.jsonl"
    path.write_text(json.dumps({"id": "one", "terms": make.data()}))

    done = run(str(path))

    assert [len(answer["rows"]) for answer in lines(done)] == [4]


def test_bytes_that_are_no_text_are_an_error_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "terms.jsonl"
    path.write_bytes(b"\xff\xfe\x00{")

    done = run(str(path))

    assert done.exit_code == 1
    assert lines(done)[0]["reason"] == "not_json"


def test_fees_and_the_cost_are_told_where_they_are_asked_for() -> None:
    fees = [{"at": "disbursement", "percent": "2"}, {"at": "instalment", "amount": "1.50"}]

    (answer,) = lines(run("--cost", given=json.dumps(make.data(fees=fees))))

    assert answer["received"] == "980.0"
    assert [row["fee"] for row in answer["rows"]] == ["1.5"] * 4
    assert answer["cost"] == {
        "received": "980.0", "paid": "1031.13", "total_cost": "51.13", "apr_eu_pct": "27.81", "apr_us_pct": "24.79",
    }  # fmt: skip
