"""Units of measure: PowerOffice has a fixed set, Tribe's are its users' own."""

from __future__ import annotations

from collections.abc import Mapping

_CODES = """
AK ANN BX CMT DAA DAY DLT DMT E14 E34 E35 E54 EA FM3 FOT FTK GRM H18 HGM HLT HUR J57 KGM KMK KMT KWH
LBR LM LM3 LTR M4 MFU MJ MLT MMT MON MTK MTQ MTR MWH NAR NL P1 PR QAN SET TNE WEE XBA XBE XBG XCA
XCI XCN XCR XCT XFL XJG XOF XPC XPK XPL XRO XSA XTU XTY XVQ
"""
CODES = frozenset(_CODES.split())
"""PowerOffice's unit codes (poweroffice.md section 14)."""

_USUAL = {
    "EA": "each item pc pcs piece pieces st stk stuk stuks unit eenheid enhet",
    "HUR": "h hr hrs hour hours time timer uur uren",
    "DAY": "d day days dag dager dagen",
    "WEE": "week weeks uke uker weken",
    "MON": "month months mnd måned måneder maand maanden",
    "QAN": "quarter quarters kvartal kwartaal kwartalen",
    "ANN": "year years yr år jaar jaren",
    "KGM": "kg kilo kilogram",
    "GRM": "g gr gram",
    "TNE": "ton tonn tonne tonnes tonnen",
    "LTR": "l liter litre litres liters",
    "MTR": "m meter metre metres meters",
    "MTK": "m2 m²",
    "MTQ": "m3 m³",
    "KMT": "km kilometer kilometre",
    "CMT": "cm centimeter",
    "MMT": "mm millimeter",
    "KWH": "kwh",
    "BX": "box boxes eske doos",
    "XPK": "package pakke pak",
    "XCT": "carton kartong karton",
    "XOF": "pallet pall",
    "SET": "set sett",
    "PR": "pair par paar",
}
"""Names that people give to units in English, Norwegian and Dutch."""

USUAL: Mapping[str, str] = {
    **{code.casefold(): code for code in sorted(CODES)},
    **{name: code for code, names in _USUAL.items() for name in names.split()},
}
"""PowerOffice's code by the folded name of a unit."""
