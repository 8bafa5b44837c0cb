"""Small appends to the lake: what a webhook's batch or an hourly export costs."""

from __future__ import annotations

from bench.benchmark import Benchmark, Contender

HERE = "bench.append.ways"
APPENDS = 15

BENCHMARK = Benchmark(
    name="append",
    title="Small appends to the lake",
    work=f"{APPENDS} appends of orders to one table, one after the other; the median of one append.",
    goal="none set; one synced commit alone takes about 50 ms",
    rows=(1000,),
    repeats=3,
    contenders=(
        Contender(
            "keepwell",
            f"{HERE}:keepwell",
            "staged, checked against every key the lake holds, entered in a ledger (so that it can be undone and a "
            "crash leaves nothing behind), synced to disk",
        ),
        Contender(
            "deltalake", f"{HERE}:plain_delta", "write_deltalake(mode='append'): nothing checked, nothing synced"
        ),
    ),
    compare=f"{HERE}:compare",
    figure="milliseconds",
    unit="ms",
)
