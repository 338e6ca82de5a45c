"""A mistake in `company/`, with the place of the line that made it."""

from shared.errors import OposError


class CompanyFault(OposError):
    """Code in `company/` could not be loaded, or declares what cannot work. `line` counts from 1."""

    code = "company_fault"

    def __init__(self, file: str, line: int, expected: str) -> None:
        super().__init__(f"{file}:{line}: {expected}")
        self.file, self.line = file, line
