"""Values as the text that vendors expect: ISO 8601 dates and instants, decimals. Without a clock, and beyond the years of `datetime`."""

_DAY_MICROS = 86_400_000_000


def date(days: int) -> str:
    """`YYYY-MM-DD` of a day counted from 1970-01-01. Years outside of 0 to 9999 are signed and have at least four digits."""
    # Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
    z = days + 719_468
    era, doe = divmod(z, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (1 if month <= 2 else 0)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04}-{month:02}-{doy - (153 * mp + 2) // 5 + 1:02}"


def timestamp(micros: int) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` of microseconds since 1970, with a fraction of 3 or 6 digits where there is one."""
    days, of_day = divmod(micros, _DAY_MICROS)
    seconds, fraction = divmod(of_day, 1_000_000)
    tail = "" if fraction == 0 else f".{fraction // 1000:03}" if fraction % 1000 == 0 else f".{fraction:06}"
    return f"{date(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{tail}Z"


def decimal(unscaled: int, scale: int) -> str:
    """`unscaled / 10^scale`, all `scale` digits kept; a negative scale appends zeros."""
    sign, digits = ("-" if unscaled < 0 else ""), str(abs(unscaled))
    if scale <= 0:
        return sign + ("0" if unscaled == 0 else digits + "0" * -scale)
    digits = digits.rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"
