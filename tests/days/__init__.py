"""The tests on another day: `python -m tests.days` moves the wall clock of every process that a test starts."""
