"""The interval of LTV : CAC covers what it says."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.understand.channel_kpis import DEFINITIONS_ACQUISITION, ChannelSums, channel_kpis
from keepwell.vocabulary.estimate import SampleMean


def test_the_interval_of_ltv_to_cac_covers_the_truth_in_about_95_of_100_samples() -> None:
    random = np.random.default_rng(11)
    spend, rate, mean, covered = 6000.0, 120.0, 80.0, 0
    for _ in range(2000):
        values = random.gamma(0.8, mean / 0.8, random.poisson(rate))
        sample = SampleMean(len(values), float(values.sum()), float((values**2).sum()))
        kpis = channel_kpis("ads", ChannelSums(len(values), spend=spend, values=sample, discounted=sample), 365)
        assert kpis.ltv_to_cac_low is not None
        assert kpis.ltv_to_cac_high is not None
        covered += kpis.ltv_to_cac_low <= mean * rate / spend <= kpis.ltv_to_cac_high
    assert covered / 2000 == pytest.approx(0.95, abs=0.02)


def test_one_customer_gives_a_ratio_without_an_interval() -> None:
    sample = SampleMean(1, 80.0, 6400.0)
    kpis = channel_kpis("ads", ChannelSums(1, spend=40.0, values=sample, discounted=sample), 365)
    assert (kpis.ltv_to_cac, kpis.ltv_to_cac_low, kpis.ltv_to_cac_high) == (2.0, None, None)


def test_sums_of_two_channels_give_the_kpis_of_both_together() -> None:
    both = ChannelSums(2, spend=100.0, by_month={0: 10.0})
    both.add(ChannelSums(3, spend=50.0, conversions=5.0, by_month={0: 10.0, 2: 40.0}))
    assert (channel_kpis("all", both, 365).cac, both.by_month, both.conversions) == (30.0, {0: 20.0, 2: 40.0}, 5.0)


def test_every_definition_is_stored_under_its_own_key() -> None:
    assert all(key == definition.key for key, definition in DEFINITIONS_ACQUISITION.items())
