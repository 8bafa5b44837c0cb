"""Which model to use for this business, by what each foretold of a holdout, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from keepwell.understand.activity import observed
from keepwell.understand.clv.forecast_scores import AmountScore
from keepwell.understand.clv.models import CAN_FLAG, LABELS, MODELS
from keepwell.understand.clv.naive import SAME_AS_BEFORE
from keepwell.understand.clv.validate import Forecast, Validation, validate
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

UNTESTED = "ModifiedBetaGeo"
FEWEST_DAYS, MOST_HOLDOUT_DAYS, PARTS = 84, 365, 3
FEWEST_REPEATERS, FEWEST_ORDERS = 30, 30
SAME_ERROR = 0.005  # errors for one customer that differ by a smaller share are the same to anybody
SAME_BIAS = 0.01  # totals missed by shares that differ by no more are equally near


@dataclass(frozen=True, slots=True)
class Choice:
    """The model to use.

    Args:
        model_name: class of the model for orders and value.
        flags_from: class of the model that says whether a customer is still there; never BG/NBD, which holds everybody
            without a repeat purchase for still there.
        why: one paragraph for the owner.
        is_tested: whether a holdout stands behind it.
        warning: what the holdout says against trusting any of the models; empty where nothing does.

    """

    model_name: str
    flags_from: str
    why: str
    is_tested: bool
    warning: str = ""


def default_split(facts: Facts, as_of: date) -> date | NotAvailable:
    """Return the first day of the last third of the log, and of its last year where a third is longer.

    Both parts must be there to learn from: with less than twelve weeks in all there is none.

    Args:
        facts: orders; one small query.
        as_of: first day not counted.

    """
    start = observed(facts).start
    days = (as_of - start).days
    if days < FEWEST_DAYS:
        return NotAvailable(
            f"the log covers {max(days, 0)} days, and a part to learn from and a part to test on need {FEWEST_DAYS}"
        )
    return as_of - timedelta(days=min(days // PARTS, MOST_HOLDOUT_DAYS))


def choose(validation: Validation) -> Choice:
    """Return the model whose expected orders were nearest, customer by customer.

    The score is the squared error: of all expectations the true mean has the smallest (Gneiting 2011, "Making and
    Evaluating Point Forecasts", section 3), while the absolute error is smallest for the median, so that it favours
    "nobody buys again". Models whose squared error is not clearly above the best one's (two standard errors of the
    paired difference) tie; of these, those whose total is nearest (to one percent) are kept; of these, the first in
    ``clv.models.MODELS``. Where BG/NBD wins, who is still there is judged by the model with the smaller log loss in
    "buys again at all" of the others.

    Args:
        validation: as returned by `validate`.

    """
    too_few = _too_few(validation)
    if too_few:
        return untested(too_few)
    models = validation.models
    best = min(models, key=_squared)
    near = [forecast for forecast in models if forecast is best or not _is_clearly_apart(validation, best, forecast)]
    least = min(_miss(forecast) for forecast in near)
    equal = [forecast for forecast in near if _miss(forecast) <= least + SAME_BIAS]
    chosen = min(equal, key=lambda forecast: list(MODELS).index(forecast.name))
    reason = _reason(chosen, near, equal)
    flags = _flags(chosen, models)
    return Choice(
        model_name=chosen.name,
        flags_from=flags,
        why=" ".join(filter(None, (_scores(chosen, validation), reason, _on_flags(chosen.name, flags)))),
        is_tested=True,
        warning=_warning(chosen, validation),
    )


def untested(reason: str) -> Choice:
    """Return the model that is used where nothing can be held out, with the reason.

    >>> untested("the log covers 40 days").why
    'MBG/NBD is used, untested: the log covers 40 days.'
    """
    return Choice(UNTESTED, UNTESTED, f"{LABELS[UNTESTED]} is used, untested: {reason}.", is_tested=False)


def choose_by_holdout(
    facts: Facts,
    as_of: date,
    *,
    split: date | None = None,
    since: date | None = None,
    count_free: bool = False,
    seed: int = 0,
) -> tuple[Choice, Validation | NotAvailable]:
    """Validate on the end of the log and choose; where the log is too short, say so and choose untested.

    Args:
        facts: orders and, where known, refunds.
        as_of: first day not counted.
        split: first day of the holdout; ``default_split`` where not given.
        since, count_free, seed: see `validate`.

    Raises:
        InputError: a given split does not lie within the log.

    """
    day = default_split(facts, as_of) if split is None else split
    if isinstance(day, NotAvailable):
        return untested(day.reason), day
    try:
        validation = validate(facts, day, as_of, since=since, count_free=count_free, seed=seed)
    except InputError as error:
        if split is not None:
            raise
        reason = NotAvailable(error.message.rstrip(".")[0].lower() + error.message.rstrip(".")[1:])
        return untested(reason.reason), reason
    return choose(validation), validation


def _too_few(validation: Validation) -> str:
    if not validation.models:
        return "no model could be fitted to the time before the holdout"
    if validation.repeat_customers < FEWEST_REPEATERS:
        return (
            f"{validation.repeat_customers} customers had bought a second time by {validation.split}, and "
            f"{FEWEST_REPEATERS} are needed to tell models apart"
        )
    if validation.orders < FEWEST_ORDERS:
        return f"{validation.orders} orders came after {validation.split}, and {FEWEST_ORDERS} are needed to tell"
    return ""


def _squared(forecast: Forecast) -> float:
    return forecast.orders.root_mean_square_error


def _miss(forecast: Forecast) -> float:
    return abs(_bias(forecast.orders))


def _bias(score: AmountScore) -> float:
    return score.error / score.actual  # there are orders: `_too_few` has seen to it


def _is_clearly_apart(validation: Validation, one: Forecast, other: Forecast) -> bool:
    if abs(_squared(other) - _squared(one)) <= SAME_ERROR * _squared(one):
        return False
    names = {one.name, other.name}
    return any(gap.is_clear for gap in validation.gaps if {gap.one, gap.other} == names)


def _reason(chosen: Forecast, near: list[Forecast], equal: list[Forecast]) -> str:
    if len(near) == 1:
        return f"{chosen.label} is the nearest customer by customer, beyond chance."
    others = " and ".join(forecast.label for forecast in near if forecast is not chosen)
    verb = "is" if len(near) == 2 else "are"
    if len(equal) == 1:
        return f"{others} {verb} as near customer by customer, but {chosen.label} has the nearest total."
    same = " and ".join(forecast.label for forecast in equal if forecast is not chosen)
    return f"{chosen.label} does as well as {same} and is simpler to use."


def _flags(chosen: Forecast, models: tuple[Forecast, ...]) -> str:
    if chosen.name in CAN_FLAG:
        return chosen.name
    able = [forecast for forecast in models if forecast.name in CAN_FLAG]
    losses = {f.name: f.returns.log_loss for f in able if not isinstance(f.returns, NotAvailable)}
    return min(losses, key=losses.__getitem__) if losses else UNTESTED


def _on_flags(name: str, flags: str) -> str:
    if name == flags:
        return ""
    return (
        f"Whether a customer is still there is judged by {LABELS[flags]}, since {LABELS[name]} holds everybody who "
        "bought only once for still there."
    )


def _scores(chosen: Forecast, validation: Validation) -> str:
    weeks = max(1, round(validation.days / 7))
    rest = [forecast for forecast in validation.models if forecast is not chosen]
    said = [f"{chosen.label} is used: over the last {weeks} weeks it missed total orders by {_missed(chosen)}"]
    said += [f"{forecast.label} by {_missed(forecast)}" for forecast in rest]
    naive = validation.forecast(SAME_AS_BEFORE)
    if isinstance(naive, Forecast):
        said.append(f"everybody going on as before by {_missed(naive)}")
    return f"{'; '.join(said)}. The second figure is the typical error for one customer."


def _missed(forecast: Forecast) -> str:
    share = round(100 * _bias(forecast.orders))
    sign = "−" if share < 0 else "+"
    return f"{sign}{abs(share)} % (±{forecast.orders.root_mean_square_error:.2f} orders)"


def _warning(chosen: Forecast, validation: Validation) -> str:
    said = []
    naive = validation.forecast(SAME_AS_BEFORE)
    if isinstance(naive, Forecast) and _squared(naive) < _squared(chosen):
        said.append("No model was nearer, customer by customer, than everybody going on as before.")
    total = chosen.orders.predicted
    if chosen.orders.is_inside is False:
        said.append(
            f"{validation.orders:,} orders came where {total.low:,.0f} to {total.high:,.0f} were expected: the time "
            f"after {validation.split} was unlike the time before it (a season, growth, a campaign), and the next may "
            "be again."
        )
    return " ".join(said)
