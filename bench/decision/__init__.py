"""The decision: splitting a budget, assigning levers to people, and valuing experiments, against general tools."""

from __future__ import annotations

from bench.benchmark import Benchmark, Contender

HERE = "bench.decision"

PLAN = Benchmark(
    name="plan",
    title="Decision: a plan for 30 items",
    work="30 response curves with 1,000 draws, a third of them S-shaped, to the best split of a budget. Figures are "
    "processor seconds; an answer is right within 0.1 % of the best value found.",
    goal="30 items below 1 s, a further split in milliseconds",
    rows=(30,),
    repeats=3,
    prepare=f"{HERE}.items:prepare_curves",
    contenders=(
        Contender("keepwell", f"{HERE}.keepwell_way:plan", "`allocate`: split, ranges, next unit, curves, thresholds"),
        Contender("split only", f"{HERE}.keepwell_way:split", "`best_split`: what a slider needs"),
        Contender("slsqp", f"{HERE}.slsqp_way:split", "SciPy's SLSQP from five starts: the split alone"),
    ),
    compare=f"{HERE}.answer:compare_plans",
    figure="cpu_seconds",
)
ASSIGN = Benchmark(
    name="assign",
    title="Decision: levers for a million people",
    work="Uplift and cost of 5 levers per person to the best assignment under a budget, two capacities and a cap. "
    "Sizes are people; figures are processor seconds; an answer is right within 0.1 % of the dual bound.",
    goal="1 M people × 5 levers in at most 3 s",
    rows=(1_000_000,),
    repeats=1,
    prepare=f"{HERE}.items:prepare_people",
    contenders=(
        Contender("keepwell", f"{HERE}.keepwell_way:assign_levers", "`assign`: prices by cutting planes"),
        Contender("numpy", f"{HERE}.numpy_way:assign_levers", "subgradient steps on the prices, then what fits"),
    ),
    compare=f"{HERE}.answer:compare_assignments",
    figure="cpu_seconds",
)
EXPERIMENTS = Benchmark(
    name="experiments",
    title="Decision: the value of 30 experiments",
    work="30 candidate experiments on a plan of 30 items with 1,000 draws to the expected value of each result. "
    "Figures are processor seconds; the other's answer is the same within its own noise.",
    goal="30 candidates below 2 s",
    rows=(30,),
    repeats=1,
    prepare=f"{HERE}.items:prepare_curves",
    contenders=(
        Contender("keepwell", f"{HERE}.keepwell_way:experiments", "`experiment_values`: regression on the draws"),
        Contender("nested", f"{HERE}.nested_way:experiments", "300 simulated results each, draws weighed, split anew"),
    ),
    compare=f"{HERE}.answer:compare_experiments",
    figure="cpu_seconds",
)
