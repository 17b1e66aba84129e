"""What a node is told from outside; and, as every entrance imports it first, the place that refuses `python -O`."""

import sys

HOPELESS = 3  # the exit status by which gunicorn knows that starting once more would not help

if not __debug__:
    sys.stderr.write(
        "growr: not under python -O or PYTHONOPTIMIZE: they leave out the asserts that guard money\n"
    )
    raise SystemExit(HOPELESS)
