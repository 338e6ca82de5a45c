"""The records that Stripe feeds. Source: the objects Customer, Subscription and Product, docs.stripe.com/api.

An event's `created` is the only time that orders the states of an object, and it has whole seconds.
"""

from collections.abc import Mapping

from shared.config.records.mapping import FieldMapping, RecordMapping

_IS_DELETED = "ends_with(type, '.deleted')"

MAPPINGS: Mapping[str, RecordMapping] = {
    "customer": RecordMapping(
        kind="customer", types=("customer.created", "customer.updated", "customer.deleted"),
        id="data.object.id", at="created", deleted=_IS_DELETED,
        fields={
            "name": FieldMapping(value="data.object.name"),
            "email": FieldMapping(value="data.object.email"),
            "phone": FieldMapping(value="data.object.phone"),
            "country": FieldMapping(value="data.object.address.country"),
            "since": FieldMapping(value="data.object.created"),
        },
    ),
    "subscription": RecordMapping(
        kind="customer",
        types=(
            "customer.subscription.created", "customer.subscription.*", "customer.subscription.deleted",
        ),
        id="data.object.customer", at="created",
        fields={
            "plan": FieldMapping(
                value="data.object.metadata.plan || data.object.items.data[0].price.lookup_key"
                " || data.object.items.data[0].price.nickname",
            ),
            "mrr": FieldMapping(value="stripe_mrr(data.object)"),
            "status": FieldMapping(value="data.object.status"),
        },
    ),
    "product": RecordMapping(
        kind="product", types=("product.created", "product.updated", "product.deleted"),
        id="data.object.id", at="created", deleted=_IS_DELETED,
        fields={
            "name": FieldMapping(value="data.object.name"),
            "description": FieldMapping(value="data.object.description"),
            "is_active": FieldMapping(value="data.object.active"),
            "url": FieldMapping(value="data.object.url"),
        },
    ),
}  # fmt: skip
