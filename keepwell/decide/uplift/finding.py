"""What a campaign with a control group taught, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.stats.uplift.bins import UpliftBin
from keepwell.vocabulary.estimate import Estimate, NotAvailable


@dataclass(frozen=True, slots=True)
class UpliftFinding:
    """One arm against the control group.

    Args:
        arm, outcome: their names.
        treated, control: people in each.
        treated_mean, control_mean: of the outcome.
        difference: treated less control, as it stands.
        average: the same adjusted for who was in which arm (doubly robust); 95 %.
        is_targetable: whether who people are foretells who responds.
        chance: one-sided chance of forecasts this good if nobody differed; not available where too few responded.
        slope: measured per foretold difference, 95 %; 1 is as foretold. Not available as above.
        trusted: share of the foretold differences that is believed.
        qini: area between uplift curve and straight line, per treated person; of people left out of the fitting.
        harmed_share: of people whose effect lies below 0 by more than 1.28 of its standard errors.
        bins: foretold and measured difference by fifth of the people, each foretold by models that have not seen the
            person; before shrinking where nobody is targeted, so that one sees that the forecasts do not hold.
        sentence: the finding in words.

    """

    arm: str
    outcome: str
    treated: int
    control: int
    treated_mean: float
    control_mean: float
    difference: Estimate
    average: Estimate
    is_targetable: bool
    chance: float | NotAvailable
    slope: Estimate | NotAvailable
    trusted: float
    qini: Estimate | NotAvailable
    harmed_share: float
    bins: tuple[UpliftBin, ...]
    sentence: str


def sentence_of(
    outcome: str, average: Estimate, *, is_rate: bool, is_targetable: bool, chance: float | None, harmed: float
) -> str:
    """Return the finding in words.

    >>> found = Estimate(0.0068, 0.005, 0.0086)
    >>> sentence_of("conversion", found, is_rate=True, is_targetable=False, chance=0.4, harmed=0.0)
    'No targetable difference: treat everyone or no one. On average it adds 0.68 percentage points of conversion
    (0.50 to 0.86); who people are does not tell who responds (p = 0.40).'

    """
    mean = _average(outcome, average, is_rate)
    if is_targetable and chance is not None:
        harm = f" About {harmed:.0%} are better left alone: it drives them away." if harmed >= 0.005 else ""
        return (
            f"Who people are tells who responds (p = {_chance(chance)}). {mean}, and more with those foretold so.{harm}"
        )
    why = (
        "too few responded to tell people apart."
        if chance is None
        else f"who people are does not tell who responds (p = {_chance(chance)})."
    )
    return f"No targetable difference: treat everyone or no one. {mean}; {why}"


def _average(outcome: str, average: Estimate, is_rate: bool) -> str:
    low, high = average.low or 0.0, average.high or 0.0
    if low <= 0 <= high:
        return f"On average no effect on {outcome} can be seen ({_size(low, is_rate)} to {_size(high, is_rate)})"
    unit = f" percentage points of {outcome}" if is_rate else f" of {outcome} a person"
    verb = "adds" if average.value > 0 else "takes"
    near, far = sorted((abs(low), abs(high)))
    size = _size(abs(average.value), is_rate)
    return f"On average it {verb} {size}{unit} ({_size(near, is_rate)} to {_size(far, is_rate)})"


def _size(value: float, is_rate: bool) -> str:
    return f"{100 * value:.2f}".replace("-", "−") if is_rate else f"{value:.3g}".replace("-", "−")


def _chance(chance: float) -> str:
    return f"{chance:.2f}" if chance >= 0.01 else f"{chance:.1g}"
