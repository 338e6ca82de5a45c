"""Values of opos.yaml as YAML text."""


def digest(text: str) -> dict[str, str]:
    """The entry of a digest that is due after the duration *text*, or at the time of the day *text*."""
    hour, colon, minute = text.partition(":")
    return {"cron": f'"{int(minute)} {int(hour)} * * *"'} if colon else {"window": text}


def quiet_hours(text: str) -> str:
    """The focus block of the quiet hours *text*, such as `22:00-07:00`."""
    start, _, end = text.partition("-")
    return f'{{name: quiet hours, from: "{start}", to: "{end}"}}'
