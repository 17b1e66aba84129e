"""On the path of a node that a test starts, this is what every process of it loads first: it is in no hurry."""

import tests.patience  # noqa: F401
