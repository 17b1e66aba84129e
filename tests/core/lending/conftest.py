from __future__ import annotations

import pytest

from core.db import Session
from tests.core.lending import village as places
from tests.core.lending.village import Village


@pytest.fixture
def village(db: Session) -> Village:
    """A cooperative with an active project and one borrower."""
    return places.found(db)
