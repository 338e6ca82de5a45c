"""`opos records`: the records of your company, with their history."""

import click

from opos.commands.records.edit import delete, new, restore
from opos.commands.records.export import export_records
from opos.commands.records.forget import forget_record
from opos.commands.records.history import diff, history
from opos.commands.records.import_ import import_records
from opos.commands.records.list_ import list_
from opos.commands.records.merge import merge
from opos.commands.records.migrate import migrate_records
from opos.commands.records.rebuild import rebuild
from opos.commands.records.set_ import set_
from opos.commands.records.show import show_record
from opos.commands.records.undo import undo
from opos.terminal.groups import Listing


@click.group("records", cls=Listing)
def command() -> None:
    """List, show, change and undo the records of your company. Without a command, list the kinds.

    KIND is a kind of record that company/ declares, such as customer. RECORD is its id or the beginning of its id, a
    key such as an email address, or its id in another system.
    """


_COMMANDS = (
    list_, show_record, history, diff, set_, new, delete, restore, undo, merge, import_records, export_records, rebuild,
    migrate_records, forget_record,
)  # fmt: skip
for _command in _COMMANDS:
    command.add_command(_command)
