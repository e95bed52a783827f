r"""The Unicode classes that Go knows by name: ``\p{Letter}``, ``\p{greek}``, ``\p{LC}``.

Go looks a name up without regard to case, spaces, hyphens and underscores. RE2 wants the exact name and lacks some.
Go 1.25 and later find no script whose name has an underscore, such as ``Old_Italic``.
"""

from collections.abc import Iterator
from functools import cache

_CATEGORIES = (
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp Cc Cf Co Cs C Cn LC"
)
_ALIASES = (
    "Cased_Letter:LC Close_Punctuation:Pe Combining_Mark:M Connector_Punctuation:Pc Control:Cc Currency_Symbol:Sc"
    " Dash_Punctuation:Pd Decimal_Number:Nd Enclosing_Mark:Me Final_Punctuation:Pf Format:Cf Initial_Punctuation:Pi"
    " Letter:L Letter_Number:Nl Line_Separator:Zl Lowercase_Letter:Ll Mark:M Math_Symbol:Sm Modifier_Letter:Lm"
    " Modifier_Symbol:Sk Nonspacing_Mark:Mn Number:N Open_Punctuation:Ps Other:C Other_Letter:Lo Other_Number:No"
    " Other_Punctuation:Po Other_Symbol:So Paragraph_Separator:Zp Private_Use:Co Punctuation:P Separator:Z"
    " Space_Separator:Zs Spacing_Mark:Mc Surrogate:Cs Symbol:S Titlecase_Letter:Lt Unassigned:Cn Uppercase_Letter:Lu"
    " cntrl:Cc digit:Nd punct:P"
)
_SCRIPTS = (
    "Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese"
    " Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Dogra"
    " Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul"
    " Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki"
    " Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen"
    " Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage"
    " Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo"
    " Sundanese Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto"
    " Ugaritic Vai Vithkuqi Wancho Yezidi Yi"
)
_ASSIGNED = r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{C}"
_EVERYTHING = r"\x00-\x{10FFFF}"
# No text has a surrogate, and RE2 has no empty class.
_NOTHING = r"\x{D800}"
# What no version of Unicode has assigned a character to, apart from the planes 0 to 3 and the tags of plane 14.
_UNASSIGNED_PLANES = r"\x{40000}-\x{DFFFF}\x{E1000}-\x{EFFFF}\x{FFFFE}-\x{FFFFF}\x{10FFFE}-\x{10FFFF}"


def class_ranges(name: str, *, is_negated: bool) -> str | None:
    r"""Return a class, or its complement, as RE2 reads it between brackets.

    Args:
        name: the name between the braces of ``\p{}``, without a leading ``^``.
        is_negated: whether the complement is meant.

    Returns:
        None if Go knows no such class.
    """
    known = _names().get(_canonical(name))
    match known:
        case None:
            return None
        case "Any":
            return _NOTHING if is_negated else _EVERYTHING
        case "ASCII":
            return r"\x80-\x{10FFFF}" if is_negated else r"\x00-\x7F"
        case "Cn":
            return _ASSIGNED if is_negated else _unassigned()
        case "Assigned":
            return _unassigned() if is_negated else _ASSIGNED
        case "C":
            return _ASSIGNED.removesuffix(r"\p{C}") if is_negated else rf"\p{{C}}{_unassigned()}"
        case "LC":
            others = _ASSIGNED.replace(r"\p{L}", r"\p{Lm}\p{Lo}")
            return f"{others}{_unassigned()}" if is_negated else r"\p{Lu}\p{Ll}\p{Lt}"
        case _:
            return rf"\{'P' if is_negated else 'p'}{{{known}}}"


def _canonical(name: str) -> str:
    text = name.translate({ord(mark): None for mark in "-_ "})
    return text[:1].upper() + text[1:].lower() if text.isascii() else text


@cache
def _names() -> dict[str, str]:
    """Return RE2's name of a class by Go's canonical name."""
    names = {_canonical(name): name for name in (*_CATEGORIES.split(), "Any", "ASCII", "Assigned")}
    names |= {name: name for name in _SCRIPTS.split()}
    for pair in _ALIASES.split():
        alias, name = pair.split(":")
        names.setdefault(_canonical(alias), name)
    return names


@cache
def _unassigned() -> str:
    """Return the code points without a character, by the tables of RE2, which has no name for them."""
    import re2

    text = "".join(map(chr, _assignable())).encode()
    found = re2.compile(f"[^{_ASSIGNED}]+".encode()).finditer(text)
    runs = (match.group().decode() for match in found)
    return "".join(rf"\x{{{ord(run[0]):X}}}-\x{{{ord(run[-1]):X}}}" for run in runs) + _UNASSIGNED_PLANES


def _assignable() -> Iterator[int]:
    yield from range(0xD800)
    yield from range(0xE000, 0x40000)
    yield from range(0xE0000, 0xE1000)
