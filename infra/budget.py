"""The monthly budget. Google sends mail when the costs reach a percentage of it, but stops nothing."""

import pulumi
import pulumi_gcp as gcp

from infra.target import Cloud

SHARES = (0.5, 0.9, 1.0)


def make_budget(channel: gcp.monitoring.NotificationChannel, cloud: Cloud) -> None:
    options = pulumi.InvokeOutputOptions(provider=cloud.provider)
    project = gcp.organizations.get_project_output(project_id=cloud.project, opts=options)
    gcp.billing.Budget(
        "month",
        billing_account=project.billing_account,
        display_name=f"opos {cloud.chosen.name}",
        budget_filter=gcp.billing.BudgetBudgetFilterArgs(projects=[pulumi.Output.concat("projects/", project.number)]),
        amount=gcp.billing.BudgetAmountArgs(
            specified_amount=gcp.billing.BudgetAmountSpecifiedAmountArgs(units=str(cloud.chosen.target.budget))
        ),
        threshold_rules=[gcp.billing.BudgetThresholdRuleArgs(threshold_percent=share) for share in SHARES],
        all_updates_rule=gcp.billing.BudgetAllUpdatesRuleArgs(monitoring_notification_channels=[channel.name]),
        opts=cloud.needing("billingbudgets"),
    )
