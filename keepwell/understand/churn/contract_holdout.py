"""Which model of contracts foretells a base better, tried on its own latest renewals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.stats.contract.beta_discrete_weibull import BetaDiscreteWeibull
from keepwell.stats.contract.model import ContractModel
from keepwell.stats.contract.renewals import Renewals
from keepwell.stats.contract.shifted_beta_geo import ShiftedBetaGeo
from keepwell.vocabulary.errors import InputError

Ints = npt.NDArray[np.int64]
MODELS: tuple[type[ContractModel], ...] = (ShiftedBetaGeo, BetaDiscreteWeibull)  # the simplest first
LABELS = {ShiftedBetaGeo: "sBG", BetaDiscreteWeibull: "BdW"}
CONSTANT = "one constant rate"
CLEARLY = 1.0  # log-likelihood on the holdout by which the richer model must win


@dataclass(frozen=True)
class Lives:
    """Payers by the renewals they came to; arrays of shape (rows,).

    Args:
        observed: renewals before the day looked at, had they stayed.
        periods, is_churned: as `Renewals.of_customers` takes them.
        customers: how many share the row.

    """

    observed: Ints
    periods: Ints
    is_churned: npt.NDArray[np.bool_]
    customers: Ints

    @property
    def renewals(self) -> Renewals:
        """Who renewed and who left, by renewal."""
        table = {"periods": self.periods, "is_churned": self.is_churned, "customers": self.customers}
        return Renewals.of_customers(table)

    def earlier(self, steps: int) -> Lives:
        """Return what was known ``steps`` renewal periods before: without later starters, with nothing after."""
        then = self.observed - steps
        here = then >= 0
        periods, churned = np.minimum(self.periods, then), self.is_churned & (self.periods <= then)
        return Lives(then[here], periods[here], churned[here], self.customers[here])


@dataclass(frozen=True, slots=True)
class HoldoutScore:
    """How well a model foretold the latest renewals of those who were there before.

    Args:
        model: sBG, BdW, or one constant rate (the mean before the cut).
        expected_lost, actual_lost: payers who left at these renewals.
        log_likelihood: of who renewed and who left; higher is better.

    """

    model: str
    expected_lost: float
    actual_lost: int
    log_likelihood: float


@dataclass(frozen=True)
class ContractChoice:
    """The model to use, the reason in words, and the scores behind it (none where there is no holdout)."""

    model: type[ContractModel]
    why: str
    held_out: int
    scores: tuple[HoldoutScore, ...] = ()

    @property
    def warning(self) -> str:
        """One sentence where the latest renewals went otherwise than every earlier one led to expect; or empty."""
        if not self.scores:
            return ""
        used = next(score for score in self.scores if score.model == LABELS[self.model])
        if abs(used.actual_lost - used.expected_lost) < 3 * math.sqrt(max(used.expected_lost, 1.0)):
            return ""
        times = used.actual_lost / max(used.expected_lost, 1e-9)
        lately = "pessimistic" if times < 1 else "optimistic"
        return (
            f"In the {_last(self.held_out)} payers left {times:.2g} times as often as before at the same age: "
            f"churn moves with the calendar, which no model of age follows, so forecasts may be {lately}."
        )


def choose(lives: Lives) -> ContractChoice:
    """Return the model that foretells the last quarter of the renewal periods better.

    The simpler sBG stays unless BdW's log-likelihood on the held-out renewals is higher by at least 1.

    Args:
        lives: of the whole base.

    >>> lost, last = [369, 163, 86, 56, 37, 27, 21], 7
    >>> lives = Lives(np.full(8, last), np.array([1, 2, 3, 4, 5, 6, 7, 7]),
    ...               np.array([True] * 7 + [False]), np.array([*lost, 241]))
    >>> print(choose(lives).why)
    sBG: of the renewals in the last period, 21 were not made; expected: sBG 24, BdW 22, one constant rate 62;
    BdW is not clearly better there.

    """
    depth = lives.renewals.depth
    steps = max(1, depth // 4)
    before = lives.earlier(steps)
    fitted: dict[type[ContractModel], ContractModel] = {}
    for model in MODELS:
        try:
            fitted[model] = model().fit(before.renewals)
        except InputError as refusal:
            if not refusal.code.startswith(("contract.", "renewals.")):
                raise
    after = _held_out(lives.renewals, before.renewals) if fitted else np.zeros((2, 0))
    if not fitted or not after.sum():
        why = f"sBG: {depth} renewal periods are too few to hold any back and try the models on them."
        return ContractChoice(ShiftedBetaGeo, why, 0)
    period = np.arange(1, after.shape[1] + 1)
    scores = {model: _score(LABELS[model], found.retention(period), after) for model, found in fitted.items()}
    total = before.renewals
    mean = np.full(len(period), total.renewed.sum() / total.at_risk.sum())
    best: type[ContractModel] = ShiftedBetaGeo
    if BetaDiscreteWeibull in scores:
        gain = scores[BetaDiscreteWeibull].log_likelihood - scores[ShiftedBetaGeo].log_likelihood
        best = BetaDiscreteWeibull if gain >= CLEARLY else ShiftedBetaGeo
    every = (*scores.values(), _score(CONSTANT, mean, after))
    return ContractChoice(best, _why(LABELS[best], every, steps), steps, every)


def _held_out(now: Renewals, before: Renewals) -> npt.NDArray[np.float64]:
    """Return renewed and lost at each renewal since the cut, shape (2, renewals), of those there before it."""
    length = len(now.lost)
    pad = length - len(before.lost)
    return np.stack([now.renewed - np.pad(before.renewed, (0, pad)), now.lost - np.pad(before.lost, (0, pad))])


def _score(name: str, retention: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> HoldoutScore:
    kept = np.clip(retention, 1e-12, 1 - 1e-12)
    log_likelihood = float(after[0] @ np.log(kept) + after[1] @ np.log1p(-kept))
    return HoldoutScore(name, float(after.sum(axis=0) @ (1 - kept)), int(after[1].sum()), log_likelihood)


def _why(best: str, scores: tuple[HoldoutScore, ...], steps: int) -> str:
    told = ", ".join(f"{score.model} {score.expected_lost:,.0f}" for score in scores)
    tried = f"of the renewals in the {_last(steps)}, {scores[0].actual_lost:,} were not made; expected: {told}"
    better = {score.model: score.log_likelihood for score in scores}
    if "BdW" not in better:
        return f"sBG: {tried}. BdW needs a longer history."
    gain = better["BdW"] - better["sBG"]
    verdict = f"its log-likelihood there is {gain:.1f} higher" if best == "BdW" else "BdW is not clearly better there"
    return f"{best}: {tried}; {verdict}."


def _last(steps: int) -> str:
    return "last period" if steps == 1 else f"last {steps} periods"
