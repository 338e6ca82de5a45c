"""The report as metrics, in the format that the scraper accepts: OpenMetrics 1.0, or the Prometheus text format."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.health.report import WORSE, Result
from shared.services.flags.usage import Outcome
from shared.values.http import HttpResponse

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def metrics(
    results: Iterable[Result],
    usage: Mapping[str, Mapping[Outcome, int]],
    rejections: Mapping[tuple[str, int], int],
    *,
    accept: str,
) -> HttpResponse:
    """*usage* has the evaluations that each instance has counted, *rejections* the counts by source and status."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families([*_of_results(results), _of_flags(usage), _of_rejections(rejections)]))
    encode, content_type = choose_encoder(accept)
    return HttpResponse(200, encode(registry), {"content-type": content_type, "cache-control": "no-store"})


@dataclass(frozen=True, eq=False)
class _Families:
    """A collector of prometheus_client, which is called at each scrape."""

    families: list["Metric"]

    def collect(self) -> Iterator["Metric"]:
        return iter(self.families)


def _of_results(results: Iterable[Result]) -> list["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    status = GaugeMetricFamily("opos_check_status", "Status of a check: 0 passes, 1 warns, 2 fails.", labels=["check"])
    value = GaugeMetricFamily("opos_check_value", "Value that a check measured, in its unit.", labels=["check", "unit"])
    for result in results:
        status.add_metric([result.name], WORSE.index(result.status))
        value.add_metric([result.name, result.unit], result.value)
    return [status, value]


def _of_flags(usage: Mapping[str, Mapping[Outcome, int]]) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    labels = ["flag", "variant", "reason", "instance"]
    counted = CounterMetricFamily(
        "opos_flag_evaluations", "Number of flag evaluations, by variant and reason.", labels=labels
    )
    for instance, outcomes in usage.items():
        for outcome, count in outcomes.items():
            counted.add_metric([*outcome, instance], count)
    return counted


def _of_rejections(rejections: Mapping[tuple[str, int], int]) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    text = "Number of rejected webhooks and pings, by source and the status that they were answered."
    counted = CounterMetricFamily("opos_webhooks_rejected", text, labels=["source", "status"])
    for (source, status), count in rejections.items():
        counted.add_metric([source, str(status)], count)
    return counted
