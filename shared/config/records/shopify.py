"""The records that Shopify feeds. Source: the resources Customer and Product of its REST API, shopify.dev.

What a deletion sends has only the id, so the time of its arrival counts: nothing comes after a deletion.
"""

from collections.abc import Mapping

from shared.config.records.mapping import FieldMapping, RecordMapping

_ALWAYS = "`true`"

MAPPINGS: Mapping[str, RecordMapping] = {
    "customer": RecordMapping(
        kind="customer", types=("customers/create", "customers/enable", "customers/disable", "customers/update"),
        id="id", at="updated_at",
        fields={
            "name": FieldMapping(value="join(' ', [first_name, last_name][?@]) || email"),
            "email": FieldMapping(value="email"),
            "phone": FieldMapping(value="phone"),
            "country": FieldMapping(value="default_address.country_code"),
            "since": FieldMapping(value="created_at"),
        },
    ),
    "customer_deleted": RecordMapping(kind="customer", types=("customers/delete",), id="id", deleted=_ALWAYS),
    "product": RecordMapping(
        kind="product", types=("products/create", "products/update"),
        id="id", at="updated_at",
        fields={
            "name": FieldMapping(value="title"),
            "is_active": FieldMapping(value="status && status == 'active'"),
        },
    ),
    "product_deleted": RecordMapping(kind="product", types=("products/delete",), id="id", deleted=_ALWAYS),
}  # fmt: skip
