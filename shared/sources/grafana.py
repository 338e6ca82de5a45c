"""Grafana's alerting. Source: Grafana documentation, "Webhook notifier": Alertmanager's shape, with links of its own."""

from shared.sources.alertmanager import FORMAT

__all__ = ["FORMAT"]
