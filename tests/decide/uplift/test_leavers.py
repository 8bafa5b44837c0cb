"""Those about to leave: chances and orders agree with people drawn from Pareto/NBD."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.decide.uplift.leavers import Leavers
from keepwell.stats.btyd.pareto_nbd import ParetoNBD
from keepwell.vocabulary.errors import InputError

BASE = {
    "frequency": np.array([3, 0, 8]),
    "recency_days": np.array([200, 0, 290]),
    "age_days": np.array([300, 150, 300]),
}
DRAWS = 200_000


@pytest.fixture(scope="module")
def model() -> ParetoNBD:
    rng, size = np.random.default_rng(1), 1500
    rate, end = rng.gamma(1.5, 1 / 100, size), rng.exponential(1 / rng.gamma(1.4, 1 / 500, size))
    there = np.minimum(end, 400.0)
    frequency = rng.poisson(rate * there)
    latest = np.array([0.0 if not n else d * rng.random(n).max() for n, d in zip(frequency, there, strict=True)])
    return ParetoNBD().fit({"frequency": frequency, "recency_days": latest, "age_days": np.full(size, 400)})


def drawn(model: ParetoNBD, row: int, more: float) -> tuple[np.ndarray, np.ndarray]:
    """Return draws of the time to the end and of the purchase rate, of somebody who is there."""
    p, rng = model.parameters(), np.random.default_rng(row)
    ends = rng.exponential(1 / rng.gamma(p["s"] + more, 1 / (p["beta"] + BASE["age_days"][row]), DRAWS))
    return ends, rng.gamma(p["r"] + BASE["frequency"][row], 1 / (p["alpha"] + BASE["age_days"][row]), DRAWS)


def test_chances_of_buying_at_all_agree_with_drawn_people(model: ParetoNBD) -> None:
    alive = model.probability_alive(BASE)
    everybody, kept = Leavers(model, BASE, 28).buy_at_all(28, 196, alive)
    chance = Leavers(model, BASE, 28).chance(alive)
    for row in range(3):
        ends, rate = drawn(model, row, 0.0)
        bought = 1 - np.exp(-rate * np.clip(ends - 28, 0, 168))
        assert everybody[row] == pytest.approx(alive[row] * bought.mean(), abs=0.004)
        ends, rate = drawn(model, row, 1.0)
        again = (1 - np.exp(-rate * np.minimum(ends, 168))).mean()
        assert kept[row] == pytest.approx(chance[row] * again, abs=0.004)


def test_leavers_who_are_kept_buy_less_than_others_of_their_history(model: ParetoNBD) -> None:
    alive = model.probability_alive(BASE)
    leaving = Leavers(model, BASE, 28)
    usual = model.expected_purchases(BASE, 365) / alive
    assert (leaving.orders(365, 0.0, alive) / leaving.chance(alive) < usual).all()


def test_an_action_of_no_days_is_refused(model: ParetoNBD) -> None:
    with pytest.raises(InputError) as refused:
        Leavers(model, BASE, 0)
    assert refused.value.code == "leavers.within"
