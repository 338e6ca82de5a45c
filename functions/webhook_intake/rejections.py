"""Counts what the intake rejects. It loads what that needs with the first rejection, so no accepted webhook waits."""

from shared.errors import OposError
from shared.services.intake.context import IntakeContext
from shared.values.http import HttpRequest


def note_rejection(fault: OposError, request: HttpRequest, context: IntakeContext) -> None:
    from shared.intake.rejections import rejection

    if count := rejection(fault, request, context.config, context.now):
        context.rejections.add(count, context.now)
