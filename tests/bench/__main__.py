"""`make bench`: every measurement, one after the other."""

from tests.bench import (
    bench_book,
    bench_credentials,
    bench_custody,
    bench_day,
    bench_fold,
    bench_ledger,
    bench_schedules,
    bench_ussd,
)

bench_ussd.main()
bench_ledger.main()
bench_schedules.main()
bench_credentials.main()
bench_custody.main()
bench_day.main()
bench_book.main()
bench_fold.main()
