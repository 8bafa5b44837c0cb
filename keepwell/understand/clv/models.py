"""The models of repeat purchases that a shop may be described by, by name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.stats.btyd.beta_geo_likelihood import Tally
from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.btyd.modified_beta_geo import ModifiedBetaGeo
from keepwell.stats.btyd.pareto_nbd import ParetoNBD, log_likelihood
from keepwell.stats.btyd.pareto_nbd_histories import Histories
from keepwell.stats.maximum_likelihood import Objective
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

# of two that foretell equally well the earlier is used: first the quickest of those that can say who has left; last the
# one that needs a second model to say it
MODELS: dict[str, type[BuyTillYouDie]] = {
    "ModifiedBetaGeo": ModifiedBetaGeo,
    "ParetoNBD": ParetoNBD,
    "BetaGeo": BetaGeo,
}
LABELS = {"ModifiedBetaGeo": "MBG/NBD", "BetaGeo": "BG/NBD", "ParetoNBD": "Pareto/NBD"}
# BG/NBD holds everybody without a repeat for present, for certain, so it can flag nobody of them as gone
CAN_FLAG = ("ModifiedBetaGeo", "ParetoNBD")


def named(name: str) -> type[BuyTillYouDie]:
    """Return the class of a model.

    Raises:
        InputError: there is no such model.

    >>> named("BetaGeo").__name__
    'BetaGeo'

    """
    if name not in MODELS:
        raise InputError(
            "clv.model", f"There is no model {name!r}.", value=name, advice=f"Choose from {', '.join(MODELS)}."
        )
    return MODELS[name]


def label(model: BuyTillYouDie) -> str:
    """Return the name that the literature gives to a model.

    >>> label(ModifiedBetaGeo())
    'MBG/NBD'
    """
    return LABELS[type(model).__name__]


def objective(name: str, base: CustomerBase) -> Objective:
    """Return the log-likelihood of customers by the logarithms of a model's parameters in days, with its gradient.

    Raises:
        InputError: there is no such model.

    """
    if issubclass(named(name), BetaGeo):
        return Tally.of(base, int(name == "ModifiedBetaGeo")).log_likelihood
    histories = Histories.of(base)
    return lambda logs: log_likelihood(np.exp(logs), histories)
