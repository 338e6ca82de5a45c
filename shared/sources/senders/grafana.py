"""Grafana's alerting. Source: Grafana documentation, "Webhook notifier": Alertmanager's shape, with more links."""

from shared.sources.senders.alertmanager import FORMAT

__all__ = ["FORMAT"]
