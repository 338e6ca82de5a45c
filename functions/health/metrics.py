"""The report as metrics, in the format that the scraper asks for: OpenMetrics 1.0, or Prometheus's older text."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.health.report import WORSE, Finding
from shared.services.flags.usage import Outcome
from shared.values.http import HttpResponse

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def metrics(findings: Iterable[Finding], usage: Mapping[str, Mapping[Outcome, int]], *, accept: str) -> HttpResponse:
    """*usage* is what each instance has counted of the flags."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families([*_of_findings(findings), _of_flags(usage)]))
    encode, content_type = choose_encoder(accept)
    return HttpResponse(200, encode(registry), {"content-type": content_type, "cache-control": "no-store"})


@dataclass(frozen=True, eq=False)
class _Families:
    """A collector, as prometheus_client calls what is asked at each scrape."""

    families: list["Metric"]

    def collect(self) -> Iterator["Metric"]:
        return iter(self.families)


def _of_findings(findings: Iterable[Finding]) -> list["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    status = GaugeMetricFamily(
        "opos_check_status", "How a check of the health report is: 0 passes, 1 warns, 2 fails.", labels=["check"]
    )
    value = GaugeMetricFamily("opos_check_value", "What a check observed, in its unit.", labels=["check", "unit"])
    for one in findings:
        status.add_metric([one.name], WORSE.index(one.status))
        value.add_metric([one.name, one.unit], one.value)
    return [status, value]


def _of_flags(usage: Mapping[str, Mapping[Outcome, int]]) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    labels = ["flag", "variant", "reason", "instance"]
    counted = CounterMetricFamily("opos_flag_evaluations", "How often each flag came out as what.", labels=labels)
    for instance, outcomes in usage.items():
        for outcome, count in outcomes.items():
            counted.add_metric([*outcome, instance], count)
    return counted
