"""Every benchmark, in the order in which they run."""

from __future__ import annotations

from bench import append, customer_value, decision, import_csv, kpis_cohorts_rfm, lifetime_value, start_up
from bench.benchmark import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        start_up.BENCHMARK,
        append.BENCHMARK,
        import_csv.BENCHMARK,
        kpis_cohorts_rfm.BENCHMARK,
        lifetime_value.FIT,
        lifetime_value.SCORE,
        customer_value.REPEATS,
        customer_value.VALUES,
        decision.PLAN,
        decision.ASSIGN,
        decision.EXPERIMENTS,
    )
}
