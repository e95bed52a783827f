"""The patterns that Go and we judge, by what they are about, and the texts that they are tried on.

``make patterns`` asks Go and writes the answers.
"""

# ruff: noqa: RUF001 - characters that look alike are what some patterns are about

SUBJECTS = (
    "", "a", "A", "b", "ab", "ba", "aa", "aaa", "abc", "ABC", "z", "0", "7", "42", "_", "-", ".", "a-b", "a.b", "a b",
    " ", "\t", "\n", "\x0b", "\x0c", "\r", "a\n", "\na", "a\nb", "a\n\n", "\x00", "\x07", "\x7f", "\x85", "\xa0", "é",
    "É", "ß", "ẞ", "ſ", "K", "k", "s", "S", "σ", "ς", "Σ", "ǆ", "ǅ", "Ǆ", "İ", "ı", "i", "I", "µ", "μ", "ͅ", "ι", "я",
    "中", "٣", "²", "½", "Ⅷ", "€", "+", "^", "$", "*", "?", "(", ")", "[", "]", "{", "}", "{,3}", "a{,3}", "a{", "|",
    "\\", "/", ":", "<n>", "=", "😀", "\U0010ffff", "\ue000", "�", "\u0378", "\u200b", "\u2028", "\ufeff", "a" * 28,
    "a" * 28 + "b", "a" * 1000, "x" * 999, "label.example.com/name", "10.0.0.1", "2026-11-29T23:50:00Z", "1h30m",
)  # fmt: skip
TEXT = "aAbB aab 12 _é\nK ſs -. x\n"

# Patterns without spaces, by subject.
_REFUSED = r"""
\Z a\Z \z\Z (?=a) (?!a) (?<=a)b (?<!a)b (?<=a>b) (?>a) (?|a) (?#a) (?u)a (?x)a (?L)a (?a)a (?P=n) (?P>n) (?P<n (?P<
(?P (?< (?<n (? (?i (?i- (?i-)a (?-)a (?--i)a (?i-i-s)a (?: (?'n'a) (?P<>a) (?<>a) (?<é>a) (?P<a-b>a) (?P<n>a)(?P=n)
(a)\1 \1 \8 \9 (a)\2 \k<n> \g1 \C a\C [\C] (\C \E \Qa\E\E \G \K \R \X \N \h \H \V \e \c \cA \y \Y \i \j \l \u0041
\U0001F600 \é \中 \pé \x \xg \xfg \x4 \x{ \x{} \x{g} \x{110000} \x{41 \o{101} a\ [a\ [\ [ [] [^] [^ [a [a- [[:alpha:]
[[:foo:]] [[:ALPHA:]] [[:^foo:]] [b-a] [z-\d] [a-\p{L}] [a-[:alpha:]] [\Q]\E] [\b] [\A] [\z] [\8] [\8 [\x{110000}]
[é-a] [\pX] [\p{foo}] [a\p{foo}\8] \p \P \p{ \p{L \pX \p{} \p{^} \p^L \p{^^L} \p{Foo} \p{Old_Italic} \p{OldItalic}
\p{SignWriting} \p{InGreek} \p{IsGreek} \p{Script=Greek} \p{Alphabetic} \p{L&} ( ) a) (a ((a) (a)) )( a)\C a|) * + ?
{3}* *a a|* (*) (|*) (?i)* (?:*) ^** a** a*+ a++ a?+ a?? a??? a*?? a{2}{3} a{2}* a*{2} a{2}+ a+{2,3} a{1001} a{0,1001}
a{1001,} a{2,1} a{1000,999} a{99999999999} a{1,99999999999} (a{1000}){1000} (a{100}){11} ((a{10}){10}){11}
(a{2,1000}){2} (?:a{1000}b){2} a**\C (?P<é>a)\8 \Q\E* x{2}{2} (?i)(?u) (?s)(?z)a [a-z (?P<n>a [[:a:]] a{1}{1}{1}
a{012345678901} {99999999999} a{0,01234567890} (?i:a (?s-i:a \p{Greek (?<n>a \p{Garay} \p{Todhri} [\x{41-z] [a-\8]
[a-\ (?P<n>a\8 (?<n>[\p{letter}- \p{letter}(a
"""
_LITERALS = r"""
a ab abc A é 中 😀 . .. a.b a\.b \. \- \_ \/ \^\$ \* \+\? \(\) \[\] \{ \} \| \\ / : <n> = ] } {,3} a{,3} a{ a{1 a{1,
a{a} a{-1} a{1,a} { {} a{} a{01} a{1,02} a{,} {3} \Qa.b\E \Qa.b \Q\E \Q\\E \Q*\E+ \Qab\E* \Q(\E a\Q|\Eb \Q[\E] \Q\Q\E
\Q\p{L}\E \Q{,3}\E (?i)\QAB\E
"""
_ESCAPES = r"""
\a \f \n \r \t \v \0 \00 \000 \01 \012 \12 \101 \377 \0101 \x41 \x7f \x00 \xa0 \xe9 \xff \x{0} \x{41} \x{e9}
\x{000041} \x{1F600} \x{10FFFF} \x{D800} [\x{D800}] [\x{D800}-\x{DFFF}] \x{FFFD} [^\x{D800}-\x{DFFF}] \x{2028} \u{41}
\!\"\#\%\&\' \<\> \@ \` \~ \, \; [\x00] [\0] ^\x00$ [\n] [\a\f\r\t\v] \d\x30
""".replace(r" \u{41}", "")
_ANCHORS = r"""
^ $ ^$ \A \z \A\z ^a a$ ^a$ ^ab$ (?m)^a (?m)a$ (?m)^a$ (?m)^$ (?m)\Aa\z (?-m)^a$ ^* $* ^+ \b* \b \B \ba a\b \bab\b
\Ba\B a\Bb (?m)$ a$b a^b (?m)a$\n^b a\n a\z a$\n a\n$ (^a) (a$) (^a|b$) ^(?:a|b)$ ^|$ (?s)^.*$ (?s)^.+\z ^.*$ ^.+$
^[^\n]*$ [$] [\^] [a^] [^^] \$ \^
"""
_CLASSES = r"""
[a] [ab] [a-c] [^a] [^a-z] [a-zA-Z0-9] []a] [^]a] [a-] [-a] [a\-b] [\w-.] [\w.-] [\w-] [-\w] [\d-z] [a-\-] [+--] [!-/]
[.] [*+?] [()] [{}] [|] [[] [[:] [[:a] [[:alpha] [[a:] [[:alpha:]] [[:^alpha:]] [^[:alpha:]] [^[:^alpha:]] [[:alnum:]]
[[:ascii:]] [[:blank:]] [[:cntrl:]] [[:digit:]] [[:graph:]] [[:lower:]] [[:print:]] [[:punct:]] [[:space:]]
[[:upper:]] [[:word:]] [[:xdigit:]] [[:alpha:][:digit:]_-] [[:alpha:]-z] ^[[:alpha:]]+$ [[=a=]] [[.a.]] [:alpha:] \d
\D \w \W \s \S ^\s+$ ^\S+$ ^\w+$ ^\d+$ [\d] [^\d] [\D] [\s] [\S] [^\S] [\w] [^\w] [\W\w] [^\W\w] [\s\S] [^\s\S]
[\d\D]+ [^\x00-\x{10FFFF}] [\x00-\x{10FFFF}] [é-ü] [α-ω] [a-é] [中] [😀] [^中] [\Qa] [&&] [a&&b] [a--b] [a~~b] [\]] [\[]
[\\] [\.] [\x41-\x43] [\101-\103] (?s). (?s).. (?-s). .* (?s)a.b a.b [^a]b
""".replace(r" [\Qa]", "")
_UNICODE = r"""
\pL \PL \p{L} \P{L} \p{^L} \P{^L} [\pL] [^\pL] [\PL] [\p{L}\d] [^\p{L}\d] ^\p{L}+$ \p{Lu} \p{Ll} \p{Lt} \p{Lm} \p{Lo}
\pM \p{Mn} \p{Mc} \p{Me} \pN \p{Nd} \p{Nl} \p{No} \pP \p{Pc} \p{Pd} \p{Ps} \p{Pe} \p{Pi} \p{Pf} \p{Po} \pS \p{Sm}
\p{Sc} \p{Sk} \p{So} \pZ \p{Zs} \p{Zl} \p{Zp} \pC \PC \p{Cc} \p{Cf} \p{Co} \p{Cs} \P{Cs} \p{Cn} \P{Cn} [\p{Cn}a]
[^\p{Cn}a] [\pCa] [^\pCa] [\PC] [^\PC] \p{LC} \P{LC} [\p{LC}0] [\P{LC}] \p{lc} \p{Any} \P{Any} \p{any} [\P{Any}a]
[^\P{Any}] \p{ASCII} \P{ASCII} [\P{ascii}a] \p{Assigned} \P{Assigned} [\p{assigned}] \p{Letter} \p{letter} \p{LETTER}
\p{Lowercase_Letter} \p{lowercase-letter} \p{uppercaseletter} \p{Cased_Letter} \p{Digit} \p{digit} \p{punct}
\p{Punctuation} \p{cntrl} \p{Control} \p{Symbol} \p{Mark} \p{Combining_Mark} \p{Unassigned} \p{Other} \p{Surrogate}
\p{Private_Use} \p{Math_Symbol} \p{Space_Separator} \p{Greek} \p{greek} \p{GREEK} \p{g_r-e_ek} \P{Greek} \p{^Greek}
[^\p{Greek}] \p{Latin} \p{Cyrillic} \p{Han} \p{Arabic} \p{Common} \p{Inherited} \p{Hiragana} \p{Hangul} \p{Kawi}
\p{Nko} \p{Yi} \p{Braille} [\p{Latin}\p{Greek}]+ [^\p{Latin}\p{Greek}] [\p{Greek}-z] \p{nd} \p{lu} \p{zs} (?i)\p{Lu}
(?i)\p{Ll} (?i)\P{Lu} (?i)[^\p{Lu}] (?i)\p{Lt} (?i)\p{M} (?i)\p{Greek} (?i)\p{ASCII} (?i)\p{LC} (?i)\pL
"""
_FLAGS = r"""
(?i)a (?i)ABC (?i)aBc a(?i)b a(?i:b)c (?i:a)b (?i)a(?-i)b (?i)(?-i)a (?i)[a-z] (?i)[A-Z] (?i)[^a-z] (?i)[^A] (?i)k
(?i)K (?i)[k] (?i)s (?i)ſ (?i)[s-s] (?i)ß (?i)ẞ (?i)σ (?i)ς (?i)ǆ (?i)ǅ (?i)é (?i)İ (?i)ı (?i)i (?i)µ (?i)ι (?i)я
(?i)中 (?i)\x41 (?i)\x{3c3} (?i)\w (?i)\W (?i)[[:lower:]] (?i)[[:upper:]] (?i)[[:^lower:]] (?i)\d
^(?i)(info|warn|error)$ (?i)^(info|warn|error)$ ^(?i:abc)$ (?s)a.b (?s-i)a.b (?is)A.B (?ims)^A (?im-s)^A (?-i)a
(?-ims)a (?i-s)A.B (?U)a+ (?U)a+? (?U)a* (?U)(a+)(b*) (?U)a{1,2} (?U-U)a+ (?U:a+)b (?m-i) (?s:.)a (?ii)a (?i)(?s).
()(?i)a ((?i)a)b (?:(?i)a)b a|(?i)b (?i)a|b (?i:) (?:)
"""
_REPEATS = r"""
a* a+ a? a*? a+? a?? a{0} a{1} a{2} a{3} a{1,} a{0,} a{2,} a{0,1} a{1,2} a{2,3}? a{1,}? a{2}? a{1000} a{0,1000}
a{1000,} a{999,1000} ^a{28}$ ^a{1,28}$ ^a{28}b$ (ab)* (ab)+ (ab){2} (a|b)* (a|b)+ ^(a|b)*$ ^(a+)+$ ^(a*)*$ ^(a|a)*$
^(a|aa)+$ ^(a+)+b$ (a*)* (a*)+ (a+)* (a?)* (a*){3} (a{2}){3} (a{10}){100} (a{100}){10} (?:a{0,10}){100}
((a{10}){10}){10} (?:){1000} (?:a?){1000} .{1000} [^x]{1000} (?i)a{1000} x{999} ^.{0,253}$ (|a)* (|a)+ (a|)* (a||b)*
(||)* ()* ()+ (){3} (^)* ($)+ (\b)* a**? (?:a*)* (?:a+)? (?:a?)+? ((a)|b)* (a(b)?)+ a{1}? \pL{253}
^[\p{L}\p{N}]{1,64}$ a{0}b (a{0})b (a{0}){5} a{0,0} (?:a{1,}){2,} {3}
""".replace(r" a**?", "").replace("{0,0} (?:a{1,}){2,} {3}", "{0,0} (?:a{1,}){2,}")
_GROUPS = r"""
() (a) (a)(b) ((a)(b)) (((a))) (?:a) (?:a)(b) (?:) (?:a|b) (a|b|c) | a| |a a|b a||b (|a) (a|) (a|b|) ab|cd abc|ab
ab|abc (?P<n>a) (?<n>a) (?P<n>a)(?<m>b) (?P<n>a)(?P<n>b) (?<n>a)|(?<n>b) (?P<_>a) (?P<0>a) (?P<n1_N>a) (?<n>)
(?<n>(?<m>a)) (?P<n>[a-z]+)_(?P<m>é) \(?P<n> [(?P<n>] \Q(?P<n>\E (?P<P>a) (?i)(?<n>A) (?<n>\pL)+ (?i:(?P<n>a)b)
a(?:b|c(?:d|e)) (a(b(c))) (?:(?:(?:a))) (a|ab)(c|bcd) (?:a)|(?:b) x(?:y)?z
"""
_REAL = r"""
^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ ^(([1-9][0-9]*)(ms|s|m|h))+$
^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$ ^(?i)(all|none|off)$
^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$
^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$ ^(\d{1,3}\.){3}\d{1,3}$
^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$
^$|^/ ^[^/]+/[^/]+$ ^\S+$ ^[\w.-]+$ ^[A-Za-z_][A-Za-z0-9_]*$ ^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.?\b){4}$
^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$ ^[-+]?[0-9]+%?$ ^(https?)://[^\s]+$ ^[^:]+:[^:]+$ \.(jpg|png)$
^\d+(?:\.\d+)*$
"""
_WITH_SPACES = (
    "a b", " ", "[ ]", "^ $", r"\ ", r"\Q \E", "(?x) a", "(?P<a b>a)", "(?<n a", "[[:alpha :]]", r"\x{ 41}",
    r"\p{ L}", r"\p{Lowercase Letter}", "a {2}", "a{2, 3}", "a{ 2}", "\n", "\t", "a\nb", "(?m)^b$ ", "\x00", "a\x00",
    "[\x00]", "", "\\\n", "[\n]", "\x7f", "\u2028",
)  # fmt: skip
_HUGE = (
    "(" * 999 + "a" + ")" * 999,
    "(" * 1000 + "a" + ")" * 1000,
    "(?:" * 1001 + "a" + ")" * 1001,
    "(" * 1001,
    "(" * 499 + "a" + ")*" * 499,
    "(" * 501 + "a" + ")*" * 501,
    "a" * 1000,
    "(?:" + "ab" * 50 + "){100}",
    "|".join(f"word{number}" for number in range(300)),
    "[" + "a-z" * 300 + "]",
    "a?" * 100 + "a" * 28,
)

PATTERNS = tuple(
    dict.fromkeys(
        [
            *f"{_REFUSED}{_LITERALS}{_ESCAPES}{_ANCHORS}{_CLASSES}{_UNICODE}{_FLAGS}{_REPEATS}{_GROUPS}{_REAL}".split(),
            *_WITH_SPACES,
            *_HUGE,
        ]
    )
)
