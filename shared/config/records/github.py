"""The records that GitHub feeds. Source: the webhook event `release`, docs.github.com.

A release has the time of its last change only in newer deliveries; in others the time of arrival counts, since
`published_at` is the same in all of them.
"""

from collections.abc import Mapping

from shared.config.records.mapping import FieldMapping, RecordMapping

MAPPINGS: Mapping[str, RecordMapping] = {
    "release": RecordMapping(
        kind="content", types=("release.published", "release.edited", "release.unpublished", "release.deleted"),
        when="!(release.draft) || action == 'unpublished'",
        id="release.id", at="release.updated_at", deleted="action == 'unpublished' || action == 'deleted'",
        fields={
            "title": FieldMapping(value="release.name || release.tag_name"),
            "channel": FieldMapping(value="'release'"),
            "status": FieldMapping(value="'published'"),
            "version": FieldMapping(value="release.tag_name"),
            "text": FieldMapping(value="release.body"),
            "url": FieldMapping(value="release.html_url"),
            "published_at": FieldMapping(value="release.published_at"),
        },
    ),
}  # fmt: skip
