"""The pages that have no tab of their own on a phone."""

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import MENU
from shared.values.http import HttpRequest


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    return Page("menu.html", {}, MENU)
