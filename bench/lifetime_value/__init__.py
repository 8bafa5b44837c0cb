"""Lifetime value: fitting the BG/NBD, and scoring every customer with it, against the library that people use.

Customers are simulated as the model says. Seconds are of processor time, after a small first run of each contender
(compilers, imports); the input is in memory before the clock starts.
"""

from __future__ import annotations

from bench.benchmark import Benchmark, Contender

HERE = "bench.lifetime_value"
MILLION = 1_000_000

FIT = Benchmark(
    name="lifetime_value_fit",
    title="Lifetime value: fitting the BG/NBD",
    work="One row a customer (repeat purchases, recency, age in days) to the four parameters of the BG/NBD by maximum "
    "likelihood, with standard errors. Sizes are customers; figures are processor seconds.",
    goal="1 M customers in at most 1.5 s, 10 M in at most 5 s",
    rows=(MILLION, 10 * MILLION),
    repeats=1,
    prepare=f"{HERE}.customers:prepare",
    contenders=(
        Contender("keepwell", f"{HERE}.keepwell_way:fit", "`BetaGeo().fit`: histograms, tables by day, compiled loop"),
        Contender("lifetimes", f"{HERE}.lifetimes_way:fit", "`BetaGeoFitter().fit`, penalizer 0", MILLION),
    ),
    compare=f"{HERE}.answer:compare_fit",
    figure="cpu_seconds",
)
SCORE = Benchmark(
    name="lifetime_value_score",
    title="Lifetime value: scoring every customer",
    work="P(alive), expected purchases within 365 days, and lifetime value over 12 months of 30 days, discounted month "
    "by month, of every customer, with given parameters. Sizes are customers; figures are processor seconds.",
    goal="1 M customers in at most 2 s",
    rows=(MILLION,),
    repeats=1,
    prepare=f"{HERE}.customers:prepare",
    contenders=(
        Contender(
            "keepwell",
            f"{HERE}.keepwell_way:score",
            "`scores`, which also discounts day by day; then the other's monthly discounting out of 12 horizons",
        ),
        Contender("lifetimes", f"{HERE}.lifetimes_way:score", "its three functions"),
    ),
    compare=f"{HERE}.answer:compare_scores",
    figure="cpu_seconds",
)
