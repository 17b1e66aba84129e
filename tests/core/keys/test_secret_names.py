"""A secret name leads to its row, and nobody without the key makes one."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from core.keys import jose, secret_names

KEY = b"k" * 32


@given(st.uuids())
def test_a_name_leads_back_to_its_row_with_its_key_only(id: uuid.UUID) -> None:
    name = secret_names.name(KEY, id)

    assert len(name) == 43
    assert secret_names.id_of(KEY, name) == id
    assert secret_names.id_of(b"o" * 32, name) is None


@given(st.text(max_size=60) | st.binary(max_size=40).map(jose.b64u))
def test_whatever_else_is_said_names_nothing(said: str) -> None:
    assert secret_names.id_of(KEY, said) is None
