"""The dates that people type and files carry. Others, such as the year 0026, are mistakes in typing."""

import datetime as dt

FIRST_YEAR, LAST_YEAR = 1990, 2100
YEAR_MESSAGE = f"Check the year: it has to be between {FIRST_YEAR} and {LAST_YEAR}."


def is_plausible(date: dt.date) -> bool:
    """Return whether a date can be meant: no leaflet and no Code is older, and nobody plans longer."""
    return FIRST_YEAR <= date.year <= LAST_YEAR
