"""People are invited by a code that is guessed only so often, register once, and can be shut out."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.limits import (
    CODE_TRIES,
    INVITATION_DAYS,
    NAME_CHARACTERS,
    ORGANISATION_NAME_CHARACTERS,
)
from core import keys, people
from core.errors import Refusal
from core.keys import Keyring
from core.people import AttestedFact, CodeCheck, Invitation, Organisation, Role, User, UserState


@pytest.fixture
def mavuno(db: Session) -> Organisation:
    return people.create_organisation(
        db,
        name="Mavuno Coop",
        country="KE",
        currency="KES",
        timezone="Africa/Nairobi",
        support_phone="+254700000000",
    )


def invited(
    db: Session,
    keyring: Keyring,
    mavuno: Organisation,
    now: datetime,
    phone: str = "+254711000111",
) -> tuple[User, str]:
    return people.invite(
        db,
        keyring=keyring,
        organisation_id=mavuno.id,
        role=Role.BORROWER,
        phone=phone,
        language="sw",
        given_name="Amina",
        family_name="Wanjiku",
        now=now,
    )


def test_the_code_of_an_invitation_is_right_and_any_other_is_wrong(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    user, code = invited(db, keyring, mavuno, now)
    other = "000000" if code != "000000" else "111111"

    def check(typed: str) -> CodeCheck:
        return people.check_code(db, keyring=keyring, user_id=user.id, code=typed, now=now)

    assert len(code) == 6
    assert check(other) is CodeCheck.WRONG
    assert check(code) is CodeCheck.RIGHT


def test_a_code_is_void_after_too_many_guesses_even_the_right_one(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    user, code = invited(db, keyring, mavuno, now)

    said = [
        people.check_code(db, keyring=keyring, user_id=user.id, code="wrong!", now=now)
        for _ in range(CODE_TRIES)
    ]
    assert said == [*[CodeCheck.WRONG] * (CODE_TRIES - 1), CodeCheck.VOID]

    found = people.check_code(db, keyring=keyring, user_id=user.id, code=code, now=now)
    assert found is CodeCheck.VOID


def test_a_code_is_void_when_it_expired_was_used_or_was_replaced(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    user, first = invited(db, keyring, mavuno, now)
    _, second = invited(db, keyring, mavuno, now)
    late = now + timedelta(days=INVITATION_DAYS)

    def check(typed: str, at: datetime) -> CodeCheck:
        return people.check_code(db, keyring=keyring, user_id=user.id, code=typed, now=at)

    assert first == second or check(first, now) is CodeCheck.WRONG
    assert check(second, late) is CodeCheck.VOID
    people.activate(db, user_id=user.id, now=now)
    assert check(second, now) is CodeCheck.VOID


def test_the_database_holds_no_code(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    _, code = invited(db, keyring, mavuno, now)

    row = db.scalars(select(Invitation)).one()

    assert code.encode() not in row.code_hash
    assert code not in str(vars(row))


def test_a_registered_phone_is_not_invited_again(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    user, _ = invited(db, keyring, mavuno, now)
    people.activate(db, user_id=user.id, now=now)

    with pytest.raises(Refusal, match="phone_already_registered"):
        invited(db, keyring, mavuno, now)


def test_an_organisation_keeps_an_admin_whoever_is_invited_again_as_something_else(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    def invite(role: Role, phone: str) -> User:
        return people.invite(
            db, keyring=keyring, organisation_id=mavuno.id, role=role, phone=phone, language="en", given_name="Juma",
            family_name="Otieno", now=now,
        )[0]  # fmt: skip

    admin = invite(Role.ADMIN, "+254700111222")
    with pytest.raises(Refusal, match="last_admin"):
        invite(Role.AGENT, admin.phone)

    invite(Role.ADMIN, "+254700111333")
    assert invite(Role.AGENT, admin.phone).role is Role.AGENT


def test_a_blocked_person_comes_back_as_what_she_was(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    user, _ = invited(db, keyring, mavuno, now)

    people.block(db, organisation_id=user.organisation_id, user_id=user.id)
    assert user.state is UserState.BLOCKED

    people.unblock(
        db,
        organisation_id=user.organisation_id,
        user_id=user.id,
        registered=False,
    )
    assert user.state is UserState.INVITED
    with pytest.raises(Refusal, match="user_not_blocked"):
        people.unblock(
            db,
            organisation_id=user.organisation_id,
            user_id=user.id,
            registered=True,
        )


def test_a_newer_confirmation_replaces_the_older(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    user, _ = invited(db, keyring, mavuno, now)

    def facts(type: str) -> dict[str, Any] | None:
        return people.attested_facts(db, keyring=keyring, user_id=user.id, type=type)

    for level in ("basic", "standard"):
        people.attest(db, keyring=keyring, user_id=user.id, type="kyc", claims={"level": level})

    assert facts("kyc") == {"level": "standard"}
    assert facts("other") is None
    assert people.has_facts(db, user.id, "kyc")
    assert not people.has_facts(db, user.id, "other")


def test_what_was_confirmed_is_sealed_and_two_people_cannot_be_exchanged(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime, tmp_path: Path
) -> None:
    amina, _ = invited(db, keyring, mavuno, now)
    neema, _ = invited(db, keyring, mavuno, now, phone="+254722000222")
    for user, born in ((amina, "1990-04-12"), (neema, "2012-01-01")):
        claims = {"birthdate": born}
        people.attest(db, keyring=keyring, user_id=user.id, type="kyc", claims=claims)
    rows = {row.user_id: row for row in db.scalars(select(AttestedFact))}

    assert b"1990" not in rows[amina.id].sealed
    thief = keys.create(tmp_path / "elsewhere")
    with pytest.raises(CryptoError):
        people.attested_facts(db, keyring=thief, user_id=amina.id, type="kyc")
    rows[neema.id].sealed = rows[amina.id].sealed
    with pytest.raises(CryptoError):
        people.attested_facts(db, keyring=keyring, user_id=neema.id, type="kyc")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Mavuno Coop"}, "organisation_name_taken"),
        ({"name": "  "}, "name_unusable"),
        ({"currency": "XXX"}, "currency_unknown"),
        ({"timezone": "Africa/Nowhere"}, "timezone_unknown"),
    ],
)
def test_an_organisation_we_cannot_serve_is_refused(
    db: Session, mavuno: Organisation, change: dict[str, str], code: str
) -> None:
    good = {
        "name": "Other",
        "country": "KE",
        "currency": "KES",
        "timezone": "Africa/Nairobi",
        "support_phone": "+254700000000",
    }

    with pytest.raises(Refusal, match=code):
        people.create_organisation(db, **{**good, **change})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0711000111", "+254711000111"),
        ("254711000111", "+254711000111"),
        ("+254 711 000 111", "+254711000111"),
        ("+256772123456", "+256772123456"),
    ],
)
def test_a_phone_number_has_one_form(typed: str, meant: str) -> None:
    assert people.normalise(typed) == meant


@pytest.mark.parametrize("typed", ["", "abc", "12", "+999999999999999999"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match="phone_unreadable"):
        people.normalise(typed)


@pytest.mark.parametrize(
    "typed", ["0712000", "07120004444", "+25471200044", "0109123456", "0900123456"]
)
def test_a_number_that_does_not_exist_is_not_invited(typed: str) -> None:
    with pytest.raises(Refusal, match="phone_unreadable"):
        people.mobile(typed)


@pytest.mark.parametrize("typed", ["0202222222", "020 222 2222", "+254 41 2222222"])
def test_a_number_that_cannot_receive_texts_is_not_invited(typed: str) -> None:
    with pytest.raises(Refusal, match="phone_not_mobile"):
        people.mobile(typed)


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("0711000111", "KE"),
        ("0110000111", "KE"),
        ("0772123456", "UG"),
        ("0754123456", "TZ"),
        ("+12025550123", "KE"),
    ],
)
def test_every_number_that_can_is(typed: str, country: str) -> None:
    assert people.mobile(typed, country) == people.normalise(typed, country)


@pytest.mark.parametrize("field", ["given_name", "family_name"])
@pytest.mark.parametrize("name", ["", "  ", "A" * (NAME_CHARACTERS + 1), "Ami\0na", "Ami\nna"])
def test_a_name_that_no_page_can_carry_is_refused(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime, field: str, name: str
) -> None:
    names = {"given_name": "Amina", "family_name": "Wanjiku"} | {field: name}

    with pytest.raises(Refusal, match="name_unusable") as refused:
        people.invite(
            db, keyring=keyring, organisation_id=mavuno.id, role=Role.BORROWER, phone="+254711000111",
            language="en", now=now, **names,
        )  # fmt: skip

    assert refused.value.facts["field"] == field
    assert people.by_phone(db, "+254711000111") is None


def test_the_longest_name_fits_and_spaces_around_it_do_not_count(
    db: Session, keyring: Keyring, mavuno: Organisation, now: datetime
) -> None:
    longest = "Ñ" * NAME_CHARACTERS

    user, _ = people.invite(
        db, keyring=keyring, organisation_id=mavuno.id, role=Role.BORROWER, phone="+254711000111",
        language="en", given_name=f" {longest} ", family_name=longest, now=now,
    )  # fmt: skip

    db.refresh(user)
    assert (user.given_name, user.family_name) == (longest, longest)


@pytest.mark.parametrize("name", ["", " ", "M" * (ORGANISATION_NAME_CHARACTERS + 1), "Ma\0vuno"])
def test_an_organisation_needs_a_name_people_can_read(db: Session, name: str) -> None:
    with pytest.raises(Refusal, match="name_unusable"):
        people.create_organisation(
            db, name=name, country="KE", currency="KES", timezone="Africa/Nairobi",
            support_phone="+254700000000",
        )  # fmt: skip
