"""Currencies: ISO 4217 list one (maintained by SIX, published 2026-09-17) and configured ones."""

import re
from dataclasses import dataclass
from typing import Final

MAX_EXPONENT: Final = 30
_CODE: Final = re.compile(r"[A-Z][A-Z0-9._-]{0,22}[A-Z0-9]")
_EXPONENT: Final = re.compile(r"[0-9]{1,2}")
_AMOUNT: Final = re.compile(r"(-?)([0-9]{1,100})(?:\.([0-9]{1,100}))?")


@dataclass(frozen=True, slots=True)
class Currency:
    """A unit of account; amounts are integers of its minor unit, 10**-exponent of it."""

    code: str
    exponent: int
    name: str


def parse_configured(text: str) -> dict[str, Currency]:
    """Read `CODE:EXPONENT,…`; ValueError says in a sentence which item is wrong and why."""
    configured: dict[str, Currency] = {}
    for item in text.split(",") if text.strip() else ():
        one = _parse_item(item.strip())
        if one.code in configured:
            raise ValueError(f"Currency {one.code} is configured twice.")
        configured[one.code] = one
    return configured


def _parse_item(item: str) -> Currency:
    code, _, exponent = item.partition(":")
    if not _CODE.fullmatch(code):
        raise ValueError(
            f'"{item}" is not CODE:EXPONENT: a code is 2 to 24 of A-Z, 0-9, ".", "_" and "-", '
            "begins with a letter and ends with a letter or digit."
        )
    if code in ISO:
        raise ValueError(f"Currency {code} is in ISO 4217 and cannot be configured.")
    if not _EXPONENT.fullmatch(exponent) or int(exponent) > MAX_EXPONENT:
        raise ValueError(
            f'Currency {code} needs an exponent from 0 to {MAX_EXPONENT}, not "{exponent}".'
        )
    return Currency(code, int(exponent), code)


def configure(text: str) -> None:
    """Make the currencies of `text` known beside ISO's, in place of those configured before."""
    global _known
    _known = ISO | parse_configured(text)


def currency(code: str) -> Currency | None:
    """Return the currency of exactly this code, None when the book does not know it."""
    return _known.get(code)


def codes() -> list[str]:
    """Every code that the book knows."""
    return sorted(_known)


def to_decimal_text(minor: int, exponent: int) -> str:
    """Write minor units as a decimal with all its places: 1250 with exponent 2 is 12.50."""
    sign, digits = ("-", str(-minor)) if minor < 0 else ("", str(minor))
    if exponent == 0:
        return sign + digits
    digits = digits.zfill(exponent + 1)
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"


def to_readable_text(minor: int, exponent: int) -> str:
    """Write minor units as people read them: -1234567 with exponent 2 is −12,345.67."""
    whole, point, rest = to_decimal_text(abs(minor), exponent).partition(".")
    return f"{'−' if minor < 0 else ''}{int(whole):,}{point}{rest}"


def from_decimal_text(text: str, exponent: int, *, signed: bool = False) -> int:
    """Read a decimal as minor units; a leading minus only when `signed`.

    ValueError for anything but ASCII digits with at most `exponent` decimals after a point.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:60]!r} is not an amount: write digits, decimals after a point.")
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    if sign and not signed:
        raise ValueError(f"{text!r} is negative.")
    if len(fraction) > exponent:
        raise ValueError(f"{text!r} has more than {exponent} decimals.")
    return int(sign + whole + fraction.ljust(exponent, "0"))


def _read(table: str) -> dict[str, Currency]:
    rows = (line.split(" ", 2) for line in table.strip().splitlines())
    return {code: Currency(code, int(exponent), name) for code, exponent, name in rows}


# Every code that has a minor unit, funds too. The list gives none to metals, bond market units,
# XDR, XSU, XUA, XTS and XXX: a book that needs one of them, or a withdrawn code, configures it
# with the exponent it keeps.
ISO: Final = _read("""
AED 2 UAE Dirham
AFN 2 Afghani
ALL 2 Lek
AMD 2 Armenian Dram
AOA 2 Kwanza
ARS 2 Argentine Peso
AUD 2 Australian Dollar
AWG 2 Aruban Florin
AZN 2 Azerbaijan Manat
BAM 2 Convertible Mark
BBD 2 Barbados Dollar
BDT 2 Taka
BHD 3 Bahraini Dinar
BIF 0 Burundi Franc
BMD 2 Bermudian Dollar
BND 2 Brunei Dollar
BOB 2 Boliviano
BOV 2 Mvdol
BRL 2 Brazilian Real
BSD 2 Bahamian Dollar
BTN 2 Ngultrum
BWP 2 Pula
BYN 2 Belarusian Ruble
BZD 2 Belize Dollar
CAD 2 Canadian Dollar
CDF 2 Congolese Franc
CHE 2 WIR Euro
CHF 2 Swiss Franc
CHW 2 WIR Franc
CLF 4 Unidad de Fomento
CLP 0 Chilean Peso
CNY 2 Yuan Renminbi
COP 2 Colombian Peso
COU 2 Unidad de Valor Real
CRC 2 Costa Rican Colon
CUP 2 Cuban Peso
CVE 2 Cabo Verde Escudo
CZK 2 Czech Koruna
DJF 0 Djibouti Franc
DKK 2 Danish Krone
DOP 2 Dominican Peso
DZD 2 Algerian Dinar
EGP 2 Egyptian Pound
ERN 2 Nakfa
ETB 2 Ethiopian Birr
EUR 2 Euro
FJD 2 Fiji Dollar
FKP 2 Falkland Islands Pound
GBP 2 Pound Sterling
GEL 2 Lari
GHS 2 Ghana Cedi
GIP 2 Gibraltar Pound
GMD 2 Dalasi
GNF 0 Guinean Franc
GTQ 2 Quetzal
GYD 2 Guyana Dollar
HKD 2 Hong Kong Dollar
HNL 2 Lempira
HTG 2 Gourde
HUF 2 Forint
IDR 2 Rupiah
ILS 2 New Israeli Sheqel
INR 2 Indian Rupee
IQD 3 Iraqi Dinar
IRR 2 Iranian Rial
ISK 0 Iceland Krona
JMD 2 Jamaican Dollar
JOD 3 Jordanian Dinar
JPY 0 Yen
KES 2 Kenyan Shilling
KGS 2 Som
KHR 2 Riel
KMF 0 Comorian Franc
KPW 2 North Korean Won
KRW 0 Won
KWD 3 Kuwaiti Dinar
KYD 2 Cayman Islands Dollar
KZT 2 Tenge
LAK 2 Lao Kip
LBP 2 Lebanese Pound
LKR 2 Sri Lanka Rupee
LRD 2 Liberian Dollar
LSL 2 Loti
LYD 3 Libyan Dinar
MAD 2 Moroccan Dirham
MDL 2 Moldovan Leu
MGA 2 Malagasy Ariary
MKD 2 Denar
MMK 2 Kyat
MNT 2 Tugrik
MOP 2 Pataca
MRU 2 Ouguiya
MUR 2 Mauritius Rupee
MVR 2 Rufiyaa
MWK 2 Malawi Kwacha
MXN 2 Mexican Peso
MXV 2 Mexican Unidad de Inversion (UDI)
MYR 2 Malaysian Ringgit
MZN 2 Mozambique Metical
NAD 2 Namibia Dollar
NGN 2 Naira
NIO 2 Cordoba Oro
NOK 2 Norwegian Krone
NPR 2 Nepalese Rupee
NZD 2 New Zealand Dollar
OMR 3 Rial Omani
PAB 2 Balboa
PEN 2 Sol
PGK 2 Kina
PHP 2 Philippine Peso
PKR 2 Pakistan Rupee
PLN 2 Zloty
PYG 0 Guarani
QAR 2 Qatari Rial
RON 2 Romanian Leu
RSD 2 Serbian Dinar
RUB 2 Russian Ruble
RWF 0 Rwanda Franc
SAR 2 Saudi Riyal
SBD 2 Solomon Islands Dollar
SCR 2 Seychelles Rupee
SDG 2 Sudanese Pound
SEK 2 Swedish Krona
SGD 2 Singapore Dollar
SHP 2 Saint Helena Pound
SLE 2 Leone
SOS 2 Somali Shilling
SRD 2 Surinam Dollar
SSP 2 South Sudanese Pound
STN 2 Dobra
SVC 2 El Salvador Colon
SYP 2 Syrian Pound
SZL 2 Lilangeni
THB 2 Baht
TJS 2 Somoni
TMT 2 Turkmenistan New Manat
TND 3 Tunisian Dinar
TOP 2 Pa'anga
TRY 2 Turkish Lira
TTD 2 Trinidad and Tobago Dollar
TWD 2 New Taiwan Dollar
TZS 2 Tanzanian Shilling
UAH 2 Hryvnia
UGX 0 Uganda Shilling
USD 2 US Dollar
USN 2 US Dollar (Next day)
UYI 0 Uruguay Peso en Unidades Indexadas (UI)
UYU 2 Peso Uruguayo
UYW 4 Unidad Previsional
UZS 2 Uzbekistan Sum
VED 2 Bolívar Soberano
VES 2 Bolívar Soberano
VND 0 Dong
VUV 0 Vatu
WST 2 Tala
XAD 2 Arab Accounting Dinar
XAF 0 CFA Franc BEAC
XCD 2 East Caribbean Dollar
XCG 2 Caribbean Guilder
XOF 0 CFA Franc BCEAO
XPF 0 CFP Franc
YER 2 Yemeni Rial
ZAR 2 Rand
ZMW 2 Zambian Kwacha
ZWG 2 Zimbabwe Gold
""")

_known = ISO
