"""`python -m opos`."""

from opos.cli import main

main()
