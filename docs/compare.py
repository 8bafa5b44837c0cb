"""Compare with published tables: ``python docs/compare.py FOLDER`` works the tables out and writes them into the page.

FOLDER holds the reference data, which are not part of Keepwell: most may not be copied. A test works the tables out
again, so that the page cannot say what the code does not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import lifetimes
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

import keepwell as kw

PAGE = Path(__file__).parent / "concepts" / "compared-with-published-tables.md"
TABLE = re.compile(r"(<!-- table: (\S+) -->\n)(.*?)(<!-- end of table -->)", re.DOTALL)
HEADING = "| figure | published | Keepwell | difference |\n|---|---|---|---|"

CUT = pd.Timestamp("1997-09-30")
BINS = tuple("01234567")
PARADOX = {"frequency": [10, 15, 20, 25], "recency": [20] * 4, "T": [39] * 4}
CUSTOMER_1516 = {"frequency": [26], "recency": [216 / 7], "T": [31]}
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
PRINTED = ", at the printed parameters"
FLAT = "the top of the likelihood is flat"
ROUNDED = "the printed parameters are rounded"


@dataclass(frozen=True)
class Row:
    """Published figures as they were printed, and ours.

    Args:
        what: they are.
        published: as printed, several with commas between.
        ours: as many, not rounded.
        why: they differ by more than the digits printed; empty where they do not.

    """

    what: str
    published: str
    ours: Sequence[float]
    why: str = ""

    @property
    def digits(self) -> list[int]:
        """Decimals of each published figure."""
        return [len(figure.partition(".")[2]) for figure in self.published.split(", ")]

    @property
    def differences(self) -> list[float]:
        """Ours minus published, each 0 where it rounds to what was printed."""
        printed = [float(figure.replace("−", "-")) for figure in self.published.split(", ")]
        figures = zip(printed, self.ours, self.digits, strict=True)
        return [round(round(float(our), digits) - figure, digits) for figure, our, digits in figures]

    def markdown(self) -> str:
        """Return the row of the table."""
        ours = ", ".join(_shown(our, digits) for our, digits in zip(self.ours, self.digits, strict=True))
        worst, digits = max(zip(self.differences, self.digits, strict=True), key=lambda pair: abs(pair[0]))
        difference = f"{_shown(worst, digits, '+')}: {self.why}" if worst else "none"
        return f"| {self.what} | {self.published} | {ours} | {difference} |"


def _shown(value: float, digits: int, sign: str = "") -> str:
    return f"{float(value):{sign}.{digits}f}".replace("-", "−")


@cache
def cdnow(folder: Path) -> pd.DataFrame:
    """Return the 1/10 sample as the papers read it: purchases of a day merged, T to 30 September 1997."""
    log = pd.read_parquet(folder / "cdnow_sample.parquet")
    days = (
        log.assign(date=pd.to_datetime(log["date"]))
        .groupby(["sample_id", "date"], as_index=False)["dollar_value"]
        .sum()
    )
    before = days[days["date"] <= CUT]
    found = before.groupby("sample_id")["date"].agg(["min", "max", "count"])
    repeats = before[before["date"] > before.groupby("sample_id")["date"].transform("min")]
    after = days[days["date"] > CUT].groupby("sample_id").size()
    return pd.DataFrame(
        {
            "frequency": found["count"] - 1,
            "recency_days": (found["max"] - found["min"]).dt.days,
            "age_days": (CUT - found["min"]).dt.days,
            "monetary_value": repeats.groupby("sample_id")["dollar_value"].mean(),
            "holdout": after.reindex(found.index).fillna(0),
        }
    )


@cache
def fitted(name: str, folder: Path) -> Any:
    """Return a model of repeat purchases fitted to CDNOW, in weeks."""
    return getattr(kw.clv, name)(unit="week").fit(cdnow(folder))


def cdnow_fits(folder: Path) -> Iterator[Row]:
    """Give the parameters and log-likelihoods of the models of repeat purchases."""
    cut = "cut off in print, not rounded"
    published = {
        "BetaGeo": ("BG/NBD: r, α, a, b", "0.243, 4.414, 0.793, 2.426", "−9582.4", ""),
        "ParetoNBD": ("Pareto/NBD: r, α, s, β", "0.553, 10.578, 0.606, 11.669", "−9595.0", ""),
        "ModifiedBetaGeo": ("MBG/NBD: r, α, a, b", "0.52484, 6.18299, 0.89136, 1.61400", "−9582.13", cut),
        "NBD": ("NBD: r, α", "0.38477, 12.0721", "−9763.66", ""),
    }
    for name, (what, parameters, log_likelihood, why) in published.items():
        model = fitted(name, folder)
        yield Row(what, parameters, list(model.parameters().values()), FLAT)
        yield Row(f"{what.partition(':')[0]}: log-likelihood", log_likelihood, [model.log_likelihood_], why)
    errors = list(fitted("ParetoNBD", folder).standard_errors().values())
    yield Row("Pareto/NBD: standard errors", "0.0476, 0.8427, 0.1873, 6.2105", errors, FLAT)


def cdnow_customers(folder: Path) -> Iterator[Row]:
    """Give what the models say of single customers, with what they say at the parameters as printed."""
    bg, pareto = fitted("BetaGeo", folder), fitted("ParetoNBD", folder)
    bg_printed = bg.at(np.array([0.243, 4.414, 0.793, 2.426]))
    pareto_printed = pareto.at(np.array([0.553, 10.578, 0.606, 11.669]))
    two = {"frequency": [2], "recency": [30.43], "T": [38.86]}
    yield Row("BG/NBD: x = 2, t_x = 30.43, T = 38.86, next 39 weeks", "1.226", bg.expected_purchases(two, 39))
    for label, model, at, whose in (
        ("BG/NBD", bg, "", FLAT), ("BG/NBD", bg_printed, PRINTED, ROUNDED),
        ("Pareto/NBD", pareto, "", FLAT), ("Pareto/NBD", pareto_printed, PRINTED, ROUNDED),
    ):  # fmt: skip
        is_bg = label == "BG/NBD"
        newcomer, ahead, alive = (
            ("1.444004", "25.75659", "0.9688523") if is_bg else ("1.473434", "25.45647", "0.997874")
        )
        yield Row(f"{label}: newcomer, 52 weeks{at}", newcomer, [model.expected_purchases_of_newcomer(52)], whose)
        yield Row(f"{label}: customer 1516, 52 weeks{at}", ahead, model.expected_purchases(CUSTOMER_1516, 52), whose)
        yield Row(f"{label}: customer 1516, P(alive){at}", alive, model.probability_alive(CUSTOMER_1516), whose)
        paradox = "0.34746, 0.04283, 0.00416, 0.00036" if is_bg else "0.70623, 0.14424, 0.02251, 0.00309"
        who = "t_x = 20, T = 39, x = 10, 15, 20, 25"
        yield Row(f"{label}: {who}, 52 weeks{at}", paradox, model.expected_purchases(PARADOX, 52), whose)
        if is_bg:
            nothing = [model.probability_of_purchases(0, 39)]
            yield Row(f"BG/NBD: P(X(39) = 0){at}", "0.5737864", nothing, "was worked out at the parameters as printed")


def cdnow_holdout(folder: Path) -> Iterator[Row]:
    """Give mean purchases in the 39 weeks held out, by 0, 1, … 7 and more repeat purchases before."""
    base = cdnow(folder)
    bins = base["frequency"].clip(upper=7)

    def means(column: Any) -> list[float]:
        return pd.Series(np.asarray(column), index=base.index).groupby(bins).mean().tolist()

    yield Row("customers", "1411, 439, 214, 100, 62, 38, 29, 64", bins.value_counts().sort_index().tolist())
    yield Row("counted", "0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359", means(base["holdout"]))
    published = {
        "BetaGeo": ("BG/NBD", "0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157"),
        "ParetoNBD": ("Pareto/NBD", "0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403"),
    }
    for name, (label, figures) in published.items():
        yield Row(label, figures, means(fitted(name, folder).expected_purchases(base, 39)), FLAT)


def cdnow_spend(folder: Path) -> Iterator[Row]:
    """Give the gamma–gamma model."""
    base = cdnow(folder)
    model = kw.clv.GammaGamma().fit(base)
    ten = model.expected_value(base["frequency"], base["monetary_value"])[:10]
    yield Row("customers with a repeat purchase", "946", [model.customers_])
    yield Row("p, q, γ", "6.25, 3.74, 15.44", list(model.parameters().values()))
    yield Row("log-likelihood", "−4055.92", [model.log_likelihood_])
    published = "24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17"
    yield Row("the first ten customers' expected spend", published, ten)


def contracts(folder: Path) -> Iterator[Row]:
    """Give sBG and BdW for the two cohorts of the papers; no data beyond the survivors are needed."""
    published = {
        "Regular": (REGULAR, "0.704, 1.182", "−1680.27", "0.170", "0.4556, 0.7793, 1.2835", "−1679.60"),
        "High End": (HIGH_END, "0.668, 3.806", "−1611.16", "0.378", "0.2143, 1.4266, 1.7236", "−1605.31"),
    }
    for name, (survivors, parameters, likelihood, share, weibull, weibull_likelihood) in published.items():
        model, aged = kw.clv.ShiftedBetaGeo().fit(survivors), kw.clv.BetaDiscreteWeibull().fit(survivors)
        yield Row(f"sBG, {name}: α, β", parameters, list(model.parameters().values()))
        yield Row(f"sBG, {name}: log-likelihood", likelihood, [model.log_likelihood_])
        yield Row(f"sBG, {name}: S(12) from 7 years", share, model.survival(12))
        yield Row(f"BdW, {name}: α, β, c", weibull, list(aged.parameters().values()))
        yield Row(f"BdW, {name}: log-likelihood", weibull_likelihood, [aged.log_likelihood_])
    model = kw.clv.ShiftedBetaGeo().fit(REGULAR)
    rounded = model.at(np.array([0.704, 1.182]))
    why = "was worked out at the parameters as printed"
    for what, one in (("", model), (PRINTED, rounded)):
        years = [one.discounted_expected_residual_lifetime(renewed, 0.10) for renewed in range(5)]
        yield Row(f"sBG, Regular: DERL, n = 1 … 5, d = 10 %{what}", "2.965, 4.103, 4.870, 5.442, 5.894", years, why)


def donations(folder: Path) -> Iterator[Row]:
    """Give BG/BB for the donations, whose 22 histories come with the package lifetimes."""
    table = pd.read_csv(Path(lifetimes.__file__).parent / "datasets" / "donations.csv")
    table = table.rename(columns={"periods": "opportunities", "weights": "customers"})
    model = kw.clv.BetaGeoBetaBinomial().fit(table)
    a_and_b = {"frequency": [0, 4], "recency": [0, 5], "opportunities": [6, 6]}
    yield Row("people", "11104", [model.customers_])
    yield Row("α, β, γ, δ", "1.2035, 0.7497, 0.6567, 2.7834", list(model.parameters().values()))
    yield Row("log-likelihood", "−33225.58", [model.log_likelihood_])
    yield Row("donations 2002–2006", "12884.2", [model.expected_purchases(table, 5) @ table["customers"]])
    yield Row(
        "customers A and B, ten years",
        "0.1302, 3.6279",
        model.expected_purchases(a_and_b, 10),
        "cut off in print, not rounded",
    )


def without_a_paper(folder: Path) -> Iterator[Row]:
    """Give figures that no paper has a table of."""
    base = cdnow(folder)
    actual = base["holdout"]
    expected = {
        name: fitted(name, folder).expected_purchases(base, 39) for name in ("BetaGeo", "ParetoNBD", "ModifiedBetaGeo")
    }
    naive = base["frequency"] / base["age_days"] * 273
    for label, forecast, published in (
        ("Same as before", naive, "1.024, 2.212, 0.56"),
        ("Pareto/NBD", expected["ParetoNBD"], "0.755, 1.603, −0.115"),
        ("BG/NBD", expected["BetaGeo"], "0.785, 1.608, −0.121"),
        ("MBG/NBD", expected["ModifiedBetaGeo"], "0.765, 1.607, −0.162"),
    ):
        miss = forecast - actual
        scores = [miss.abs().mean(), float((miss**2).mean()) ** 0.5, forecast.sum() / actual.sum() - 1]
        yield Row(f"CDNOW, 39 weeks held out, {label}: MAE, RMSE, bias", published, scores)
    telco = pq.read_table(folder / "telco_churn.parquet")
    report = kw.churn.cross_validated(kw.churn.ChurnModel().fit(telco, label="Churn"), telco)
    trees = [report.model.area.value, report.model.brier.value, report.model.calibration_error.value]
    yield Row(
        "Telco, boosted trees: AUC, Brier, calibration error",
        "0.849, 0.134, 0.010",
        trees,
        "five folds once; chance alone gives about 0.010",
    )
    yield Row("Telco, logistic regression: AUC", "0.845", [report.baselines[1].area.value])
    survival = kw.churn.SurvivalModel().fit(telco, label="Churn")
    found = kw.churn.survival_report(survival, telco, horizon=12, fold_count=2)
    yield Row("Telco, survival without TotalCharges: C-index", "0.86", [found.concordance.value])


TABLES: dict[str, Callable[[Path], Iterator[Row]]] = {
    "cdnow-fits": cdnow_fits,
    "cdnow-customers": cdnow_customers,
    "cdnow-holdout": cdnow_holdout,
    "cdnow-spend": cdnow_spend,
    "contracts": contracts,
    "donations": donations,
    "without-a-paper": without_a_paper,
}


@cache
def rows(name: str, folder: Path) -> tuple[Row, ...]:
    """Return the rows of a table of the page."""
    return tuple(TABLES[name](folder))


def table(name: str, folder: Path) -> str:
    """Return a table of the page as Markdown."""
    return "\n".join([HEADING, *(row.markdown() for row in rows(name, folder))])


def write_page(folder: Path) -> None:
    """Write all tables into the page, whose words stay."""
    text = PAGE.read_text(encoding="utf-8")
    written = TABLE.sub(lambda found: f"{found[1]}\n{table(found[2], folder)}\n\n{found[4]}", text)
    PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    write_page(Path(sys.argv[1]))
