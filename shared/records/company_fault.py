"""A mistake in `company/`, with the place of the line that made it."""

from shared.errors import OposError


class CompanyFault(OposError):
    """Code in `company/` could not be loaded, or declares what cannot work.

    `line` counts from 1. `path` names what is wrong, such as `customer.email`; it is empty for a whole file.
    """

    code = "company_fault"

    def __init__(
        self, file: str, line: int, expected: str, actual: str, *, path: str = "", hint: str | None = None
    ) -> None:
        super().__init__(f"{file}:{line}: {f'{path}: ' * bool(path)}expected {expected}; found {actual}", hint=hint)
        self.file, self.line, self.path, self.expected, self.actual = file, line, path, expected, actual
