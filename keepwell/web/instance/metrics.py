"""Figures of the instance for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from keepwell.web.access import Capability, may, public
from keepwell.web.staff import keys
from keepwell.web.staff.models import Delivery
from keepwell.web.work.models import UNFINISHED, Job, State

Labelled = Mapping[str, float]
_MORE: dict[str, tuple[str, str, Callable[[], Labelled]]] = {}


def show(name: str, help_text: str, label: str, read: Callable[[], Labelled]) -> None:
    """Have a room above this one show a gauge: ``read`` returns values by the label's values."""
    _MORE[name] = (help_text, label, read)


class Instance:
    """Reads the figures when Prometheus asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every gauge."""
        jobs = GaugeMetricFamily("keepwell_jobs", "Jobs by name and state.", labels=["name", "state"])
        for row in Job.objects.values("name", "state").annotate(count=Count("pk")).order_by("name", "state"):
            jobs.add_metric([row["name"], row["state"]], row["count"])
        yield jobs
        first = Job.objects.filter(state=State.WAITING, run_after__lte=timezone.now()).aggregate(at=Min("run_after"))
        age = (timezone.now() - first["at"]).total_seconds() if first["at"] else 0.0
        yield GaugeMetricFamily("keepwell_job_wait_seconds", "How long the first due job has waited.", value=age)
        waiting = Delivery.objects.filter(delivered_at=None).count()
        yield GaugeMetricFamily("keepwell_deliveries_waiting", "Messages not delivered yet.", value=waiting)
        unfinished = Job.objects.filter(state__in=UNFINISHED).count()
        yield GaugeMetricFamily("keepwell_jobs_unfinished", "Jobs that wait or run.", value=unfinished)
        for name, (help_text, label, read) in _MORE.items():
            family = GaugeMetricFamily(f"keepwell_{name}", help_text, labels=[label])
            for value, figure in read().items():
                family.add_metric([value], figure)
            yield family


@never_cache
@require_GET
@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures to whoever shows a key with the scope ``audit:read``, or is signed in as an owner."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    key = keys.key_of(token.strip()) if kind.lower() == "bearer" else None
    if not (key is not None and keys.holds(key, Capability.SEE_AUDIT)) and not may(request.user, Capability.SEE_AUDIT):
        refusal = HttpResponse("A key with the scope audit:read is needed.\n", status=401, content_type="text/plain")
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    registry = CollectorRegistry()
    registry.register(Instance())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
