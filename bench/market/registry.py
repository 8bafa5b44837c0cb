"""Who plays: every policy by name. Keepwell's own variants join here, from a file of their own."""

from __future__ import annotations

from bench.market.informed import Informed
from bench.market.keepwell_policy.policy import Keepwell
from bench.market.mix_model import MixModel
from bench.market.oracle import Oracle
from bench.market.play import Contender
from bench.market.simple_policies import LastClickRoas, nothing, split

NOTHING, ORACLE = "nothing", "oracle"
KEEPWELL, TRUE_CURVES, TRUE_UPLIFT = "keepwell", "keepwell_true_curves", "keepwell_true_uplift"

POLICIES: dict[str, Contender] = {
    NOTHING: Contender(lambda: nothing, note="spends nothing"),
    "all_acquisition": Contender(lambda: split(0.0), note="the whole budget on media, split as of late"),
    "all_retention_by_risk": Contender(lambda: split(1.0), note="contacts for all, the longest silent first"),
    "half_half": Contender(lambda: split(0.5), note="half for contacts by risk, half for media"),
    "five_times": Contender(lambda: split(0.8), note="80 % for contacts: keeping is five times cheaper"),
    "last_click_roas": Contender(LastClickRoas, note="media in proportion to last-click return"),
    "mmm_only": Contender(MixModel, note="marketing-mix regression with lifetime values; no contacts"),
    KEEPWELL: Contender(Keepwell, note="Keepwell's library on the shop's books: both sides on one scale"),
    TRUE_CURVES: Contender(
        lambda: Keepwell(true_curves=True), needs_truth=True, note="the same, told what channels bring"
    ),
    TRUE_UPLIFT: Contender(
        lambda: Keepwell(true_uplift=True), needs_truth=True, note="the same, told what contacts bring"
    ),
    "informed": Contender(
        Informed, needs_truth=True, note="the oracle's media, contacts by the best guess from observables"
    ),
    ORACLE: Contender(Oracle, needs_truth=True, note="knows the truth, not the dice"),
}
