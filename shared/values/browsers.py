"""The browser and the system in a `user-agent` header, in a few words that are safe to show."""

_BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser/": "Samsung Internet", "Firefox/": "Firefox", "FxiOS/": "Firefox",
    "CriOS/": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari", "curl/": "curl",
}  # fmt: skip
_SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "CrOS": "ChromeOS",
    "Mac OS X": "macOS", "Linux": "Linux",
}  # fmt: skip
"""What the header contains, and its name, the more specific first: Chrome's header also contains `Safari/`."""


def browser_of(user_agent: str) -> str:
    """Such as "Firefox on Linux"; only names of the tables above, whatever the header contains."""
    browser = next((name for part, name in _BROWSERS.items() if part in user_agent), "unknown browser")
    system = next((name for part, name in _SYSTEMS.items() if part in user_agent), "")
    return f"{browser} on {system}" if system else browser
