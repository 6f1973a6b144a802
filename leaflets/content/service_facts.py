"""What is checked of the facts in the service's record, in the admin's form and in the file by the same rules.

What cannot be right is a mistake. What may be right, such as a landline that takes text messages, is a warning: staff are
asked to look at it again. Facts are given by the names of the record's fields.
"""

import contextlib
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from .clock import say_day, say_time
from .names import plain_characters
from .phone_numbers import can_be_dialled, find_phone_numbers, has_complete_number, normalise
from .service_lines import ClosedDays, LineError, check_language, read_closed_days

# Phone numbers and languages. More are a mistake, and reading them would take long.
MAX_LISTED = 50
PHONE_FIELDS = ("phones", "text_number", "officer_phone")
POSTCODE_FIELDS = ("postcode", "officer_postcode")
_EMAIL_FIELDS = ("email", "officer_email")
_ADDRESS_FIELDS = ("address", "officer_address")

# A number alone, with an extension, or with a note in brackets. The 0 of an area code may stand in brackets too.
_NOTE = r"(?: ?\((?P<note>[^()]*[^\W\d_][^()]*)\))?"
_PHONE_ALONE = re.compile(
    rf"[-+0-9 ()./\u2010-\u2015\u2212]+(?:,? ?(?:ext|extension|x)\.? ?[0-9]+)?{_NOTE}", re.IGNORECASE
)
_POSTCODE = re.compile(r"(?P<outward>[A-Z]{1,2}[0-9][A-Z0-9]?) ?(?P<inward>[0-9][A-Z]{2})", re.IGNORECASE)
_POSTCODE_AT_END = re.compile(rf"(?:^|[ ,])(?P<postcode>{_POSTCODE.pattern})$", re.IGNORECASE)
# Two letters at least: "Block B1" is an ordinary line.
_HALF_POSTCODE_AT_END = re.compile(r"(?:^|[ ,])([A-Z]{2}[0-9][A-Z0-9]?)$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")

_RELAY_PREFIX = re.compile(r"(?<![0-9])1800[12](?:[^0-9]{0,3}(?=\+|0)|(?![0-9]))")
_DIGITS = re.compile(r"\+?[0-9](?:[ \xa0().-]{0,2}[0-9]){2,}")
_LEAST_OF_NUMBER = 5  # digits: fewer are an hour, or a wrong prefix

_LONGEST = 250  # characters that are examined: a longer one is refused for its length

_MOST_CLOSED = dt.timedelta(days=60)
_EARLIEST = dt.time(7)
_FAR_AWAY = dt.timedelta(days=3 * 366)


def normalise_postcode(text: str) -> str:
    """Return a British postcode in capitals with one space, and any other text as it is."""
    found = _POSTCODE.fullmatch(" ".join(text[:20].split())) if len(text) <= 20 else None
    return f"{found['outward']} {found['inward']}".upper() if found else text


def find_fact_mistakes(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name of a field with a fact that cannot be right, and a sentence that says what to type instead."""
    for name in ("phones", "languages"):
        if len(facts[name]) > MAX_LISTED:
            yield name, f"There can be at most {MAX_LISTED}. Take some out."
    yield from _phone_mistakes(facts)
    for name in POSTCODE_FIELDS:
        if facts[name] and not _POSTCODE.fullmatch(facts[name]):
            yield name, f"“{facts[name][:20]}” is not a whole postcode. Write all of it, such as TS25 4AF."
    for name in _EMAIL_FIELDS:
        if facts[name] and not _EMAIL.fullmatch(facts[name]):
            message = "is not an e-mail address. Write it with an @, such as help@example.org."
            yield name, f"“{facts[name][:80]}” {message}"
    yield from _language_mistakes(facts["languages"])
    for number in _numbers_of_relay(facts["relay"]):
        if _is_long(number) and not has_complete_number(number):
            yield "relay", f"“{number}” is not a complete phone number. Write all of it."


def _language_mistakes(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in islice(lines, MAX_LISTED):
        try:
            check_language(line)
        except LineError as error:
            yield "languages", str(error)


def _phone_mistakes(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in PHONE_FIELDS:
        is_list = not isinstance(facts[name], str)
        for phone in facts[name][:MAX_LISTED] if is_list else [facts[name]]:
            if phone and (mistake := _phone_mistake(phone, is_list)):
                yield name, mistake


def _phone_mistake(phone: str, is_list: bool) -> str:
    plain = plain_characters(phone[:_LONGEST])
    if not can_be_dialled(plain):
        return f"“{phone[:40]}” is not a complete phone number. Correct it, or take it out."
    found = list(find_phone_numbers(plain))
    if len({one.normalised for one in found}) > 1:
        where = "each on a line of its own" if is_list else "one here"
        return f"“{phone[:60]}” has more than one number. Write {where}."
    if _PHONE_ALONE.fullmatch(plain):
        return ""
    number = found[0].text if found else "".join(filter(str.isdigit, plain))
    note = " ".join(re.sub(r"[():,;]", " ", plain.replace(number, " ")).split()) or "office"
    return (
        f"“{phone[:60]}” has words before or after the number. Write the number first, and a note in brackets: "
        f"{number} ({note[:40]})."
    )


def find_fact_warnings(
    facts: Mapping[str, Any], today: dt.date, closed_before: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield the name of a field with a fact that may be right but mostly is not, and a question about it for staff.

    `closed_before` has lines of `closed` that staff were asked about before: only their overlaps with the others matter.
    """
    text_number = facts["text_number"]
    if _may_be_landline(plain_characters(text_number[:_LONGEST])):
        yield (
            "text_number",
            f"“{text_number[:40]}” does not begin with 07: few such numbers take text messages.",
        )
    for name in _ADDRESS_FIELDS:
        yield from ((name, warning) for line in facts[name] if (warning := _address_warning(line)))
    for line in facts["closed"]:
        if warning := _closed_warning(line, today):
            yield "closed", warning
    yield from (("closed", warning) for warning in _overlap_warnings(facts["closed"], closed_before, today))
    if facts["relay"]:
        yield from (("relay", warning) for warning in _relay_warnings(facts["relay"]))


def _may_be_landline(number: str) -> bool:
    """Whether this is a whole British number that does not begin with 07. A short one, such as 60777, takes texts."""
    normalised = normalise(number)
    is_british = normalised.startswith("+44") and has_complete_number(number)
    return is_british and not normalised.startswith("+447")


def _address_warning(line: str) -> str:
    if found := _POSTCODE_AT_END.search(line[-80:]):
        return f"“{found['postcode']}”: the postcode has a box of its own, and would be printed twice."
    if half := _HALF_POSTCODE_AT_END.search(line[-80:]):
        return f"“{half[1]}” looks like half a postcode. The postcode has a box of its own."
    return ""


def _closed_warning(line: str, today: dt.date) -> str:
    try:
        days = read_closed_days(line)
    except LineError:
        return ""  # a mistake
    shown = line[:80]
    if days.last < today:
        return f"“{shown}”: these days are over. Is the year right?"
    if days.last - days.first > _MOST_CLOSED:
        return f"“{shown}”: this is more than {_MOST_CLOSED.days} days. Are the months right?"
    if days.first - today > _FAR_AWAY:
        return f"“{shown}”: this is years away. Is the year right?"
    for time in (days.starts, days.ends):
        if time and time < _EARLIEST:
            afternoon = (
                f"Write {time.hour + 12}:{time:%M} for {say_time(time).removesuffix('am')} in the afternoon."
            )
            return f"“{shown}”: {time:%H:%M} is in the night. {afternoon}"
    return ""


def _overlap_warnings(new: Iterable[str], before: Iterable[str], today: dt.date) -> Iterator[str]:
    """Yield a question for each line that overlaps with an earlier one, where one of the two is new."""
    lines = [*_read_closed(new, is_new=True), *_read_closed(before, is_new=False)]
    lines.sort(key=lambda one: (one[0].begins_at, one[0].ends_at))
    # Those before that end last, of all and of the new ones.
    last: tuple[ClosedDays, str] | None = None
    last_new: tuple[ClosedDays, str] | None = None
    for days, line, is_new in lines:
        earlier = last if is_new else last_new
        if earlier and earlier[0].ends_at > days.begins_at and min(earlier[0].last, days.last) >= today:
            yield f"“{earlier[1][:80]}” and “{line[:80]}” overlap on {say_day(days.first)}, and readers see both lines. Is this right?"
        if last is None or days.ends_at > last[0].ends_at:
            last = days, line
        if is_new and (last_new is None or days.ends_at > last_new[0].ends_at):
            last_new = days, line


def _read_closed(lines: Iterable[str], *, is_new: bool) -> Iterator[tuple[ClosedDays, str, bool]]:
    for line in lines:
        with contextlib.suppress(LineError):  # a mistake
            yield read_closed_days(line), line, is_new


def _numbers_of_relay(text: str) -> Iterable[str]:
    return (found[0] for found in _DIGITS.finditer(_RELAY_PREFIX.sub(" ", text[:1_000])))


def _is_long(number: str) -> bool:
    return sum(map(str.isdigit, number)) >= _LEAST_OF_NUMBER


def _relay_warnings(text: str) -> Iterator[str]:
    numbers = list(_numbers_of_relay(text))
    if not any(map(_is_long, numbers)):
        yield f"“{text[:60]}”: this has no number to dial. Is it complete?"
    for number in numbers:
        if number.startswith("1") and not _is_long(number):
            yield f"Relay UK begins with 18001 or 18002. Is “{number}” right?"
