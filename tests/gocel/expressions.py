"""Expressions without variables: constants, operators, macros and every library, with what each refuses."""

SYNTAX = r"""
1 +
1 2
a b
foo(1
foo)
[1,2
{1:2
'abc
1 & 2
a.
a.1
1 ? 2
if
[1].var
a.`b`
{'a': 1}.`a`
{'a-b c': 1}.`a-b c`
{'a': 1}.?`a`.hasValue()
{'a': 1}.`a`()
has({'a/b': 1}.`a/b`)
`a`
((((1))))
- - 1
!!true
1.5e3 + .5
0x1F + 7
7u + 0x2u
9223372036854775807 + 1
9223372036854775808
-9223372036854775808 - 1
18446744073709551616u
1e999
"tab\tand \"quote\" \x41 \101 é \U0001F600"
r'raw\n' + '''triple 'quoted' '''
b'\xff\000abc'
'\ud800'
// a comment alone
1 // and a comment
"""

TYPES = r"""
x
math.greatest(1, 2)
x.y.z == 1 && y
1 < 'a'
true && 1
!1
-'a'
"a" ? 1 : 2
true ? 1 : 'a'
[1, 'a']
{'a': 1, 2: 3}
{'a': 1, 'b': 'c'}
[1, 2].foo()
1.foo
'a'.b
true.size()
''.size(1)
1.0.isSorted()
Foo{a: 1}
int
type(1) == int
type('a') == string && type(1u) != type(1)
type(null)
type(timestamp('2020-01-01T00:00:00Z'))
dyn(1) == 1.0
dyn(1) < dyn('a')
dyn('a').size() + dyn([1]).size()
1 == 1.0
1 in dyn([1.0, 2u])
[] == {}
[[1], []].map(x, x.size())
kubernetes.URL
net.IP
cel.bind(x, 1, x)
"""

OPERATORS = r"""
7 / 2 + 7 % 2 - -7 / 2 * -7 % 2
1 / 0
1 % 0
1.0 / 0.0
0.0 / 0.0 == 0.0 / 0.0
-1.0 / 0.0
2.5 * 2.0 - 1.25
1u - 2u
7u % 4u * 3u
'a' + 'b' < 'ac'
b'a' + b'b' >= b'ab'
[1] + [2, 3]
true > false
1 < 2u && 2u < 2.5 && 1.5 > 1
1 <= 1.0 && 2u >= 1
true || 1 / 0 > 0
1 / 0 > 0 || true
false && 1 / 0 > 0
1 / 0 > 0 && false
1 / 0 > 0 || false
true ? 1 : 1 / 0
(true ? {'a': 1} : {'a': 2}).a
[1, 2][0] + [1, 2][1]
[1][3]
[1][-1]
{'a': 1}['b']
{'a': {'b': 1}}.a.b
{'a': {'b': 1}}['a'].b
has({'a': 1}.a) && !has({'a': 1}.b)
has({'a': {'b': 1}}.a.b)
has(x)
1 in [1, 2] && !(3 in [1, 2])
'a' in {'a': 1}
1 in []
[1, 2] == [1, 2] && [1, 2] != [2, 1]
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
null == null
1 != 2 && 'a' != 'b'
"""

CONVERSIONS = r"""
int('12') + int(1.9) + int(3u) + int(-1.9)
int('1_000')
int('x')
int(1e30)
uint('7') + uint(3)
uint(-1)
uint(dyn(-1))
double('1.5') + double(1) + double(2u)
double('x')
bool('true') && !bool('F')
bool('yes')
string(1) + string(2u) + string(1.5) + string(true) + string(b'x')
string(1e21) + ' ' + string(1e20) + ' ' + string(1e-7) + ' ' + string(0.1) + ' ' + string(-123456.789)
string(b'\xff')
bytes('aé').size() + 'aé'.size()
string(timestamp('2020-02-03T04:05:06.789+01:00'))
string(duration('1h30m5.25s'))
timestamp(0) == timestamp('1970-01-01T00:00:00Z')
duration('1.5h') == duration('90m') && duration('-1us') < duration('0')
duration('x')
timestamp('2020-13-01T00:00:00Z')
timestamp(dyn('x'))
timestamp('2020-01-01T00:00:00Z') + duration('36h') - timestamp('2020-01-01T00:00:00Z')
timestamp('9999-12-31T23:59:59Z') + duration('1s')
timestamp('2020-02-29T23:59:58.123Z').getFullYear() + timestamp('2020-02-29T23:59:58.123Z').getMonth()
timestamp('2020-02-29T23:59:58.123Z').getDate() + timestamp('2020-02-29T23:59:58.123Z').getDayOfMonth()
timestamp('2020-02-29T23:59:58.123Z').getDayOfWeek() + timestamp('2020-02-29T23:59:58.123Z').getDayOfYear()
timestamp('2020-02-29T23:59:58.123Z').getHours('-08:00') + timestamp('2020-02-29T23:59:58.123Z').getMinutes('02:30')
timestamp('2020-02-29T23:59:58.123Z').getSeconds() + timestamp('2020-02-29T23:59:58.123Z').getMilliseconds()
timestamp('2020-06-01T12:00:00Z').getHours('America/New_York')
timestamp('2020-06-01T12:00:00Z').getHours('Nowhere/City')
timestamp('2020-06-01T12:00:00Z').getHours('02:75')
duration(5)
duration('3723s').getHours() + duration('3723s').getMinutes() + duration('3723s').getSeconds()
"""

MACROS = r"""
[1, 2, 3].all(x, x > 0)
[1, 0].all(x, 1 / x > 0)
[0, 1].exists(x, 1 / x > 0)
[1, 2].exists_one(x, x == 1)
[1, 2, 3].map(x, x * 2)
[1, 2, 3].map(x, x > 1, x * 2)
[1, 2, 3].filter(x, x > 1)
{'a': 1, 'b': 2}.map(k, k + 'x').size()
{'a': 1}.all(k, k == 'a')
{'a': 1}.exists(k, v, k == 'a' && v == 1)
[5, 6].all(i, v, v - i == 5)
[5, 6].exists_one(i, v, i == 1)
[5, 6].transformList(i, v, i > 0, v)
{'a': 1}.transformMap(k, v, v + 1)
{'a': 1, 'b': 2}.transformMap(k, v, v > 1, k)
{'a': 1}.transformMapEntry(k, v, {v: k})
{'a': 1, 'b': 1}.transformMapEntry(k, v, {v: k})
[1].all(1, true)
[1].map(x.y, 1)
[1].all(x, x, true)
[1].all(x, x + 1)
[1].filter(x, 1)
1.all(x, true)
dyn([1, 2]).all(x, x > 0)
dyn(1).all(x, true)
[[1, 2], [3]].map(x, x.map(y, y * 2))
[1, 2].map(x, [1, 2].filter(y, y > x))
[].all(x, x > 0)
has([1].a)
[1, 2].map(x, 1 / (x - 1))
"""

OPTIONALS = r"""
optional.of(1).value()
optional.none().value()
optional.of(1).hasValue() && !optional.none().hasValue()
optional.none().orValue(3) + optional.of(1).orValue(1 / 0)
optional.none().or(optional.of(2)).value()
{'a': 1}.?b.orValue(3) + {'a': 1}.?a.orValue(3)
{'a': {'b': 1}}.?a.b.value()
{'a': {'b': 1}}.?x.b.hasValue()
[1, 2][?5].hasValue() || [1, 2][?1].value() == 2
{'a': 1}[?'a'].optMap(x, x + 1).value()
optional.of(2).optFlatMap(x, optional.of(x * 2)).value()
optional.ofNonZeroValue('').hasValue() || optional.ofNonZeroValue(1).hasValue()
[?optional.of(1), ?optional.none()].size()
{?'a': optional.of(1), ?'b': optional.none()}
[?1]
optional.unwrap([optional.of(1), optional.none()])
[optional.of(1)].unwrapOpt()
[1, 2].first().value() + [1, 2].last().value()
[].first().hasValue()
has({'a': 1}.?b.c)
optional.of(1) == optional.of(1) && optional.of(1) != optional.none()
[1, 2].optMap(x, x)
"""

LISTS = r"""
[1, 2, 3].isSorted() && !['b', 'a'].isSorted()
[1, 2].sum() + [3].max() + [5, 4].min()
[1.5, 2.5].sum()
[1u, 2u].sum()
[duration('1s'), duration('2s')].sum()
[].sum()
[].min()
['a', 'c', 'b'].max()
[1, 2, 1].indexOf(1) + [1, 2, 1].lastIndexOf(1) + [1].indexOf(5)
[1, 2, 3, 4].slice(1, 3)
[1].slice(1, 3)
[1].slice(-1, 0)
[1, 2].slice(2, 1)
[[1], [2, [3]]].flatten()
[[1], [2, [3]]].flatten(2)
[1].flatten(-1)
[3, 1, 2].sort()
['b', 'a'].sort().reverse()
[3, 1, 2].sortBy(x, -x)
[{'a': 2}, {'a': 1}].sortBy(x, x.a)
[1, 1, 2].distinct()
lists.range(4)
lists.range(-1)
lists.range(1000001)
[1, 2].includes(2)
sets.contains([1, 2], [1]) && !sets.contains([1], [1, 2])
sets.equivalent([1, 1], [1]) && sets.intersects([1, 2], [2, 3])
sets.contains([1], ['a'])
"""

STRINGS = r"""
'tacocat'.charAt(3) + 'tacocat'.charAt(7)
'a'.charAt(2)
'hello'.indexOf('l') + 'hello'.indexOf('l', 3) + 'hello'.lastIndexOf('l') + 'hello'.lastIndexOf('l', 2)
'hello'.indexOf('') + 'hello'.lastIndexOf('') + 'hello'.indexOf('x')
'hello'.indexOf('l', -1)
'hello'.indexOf('', 9) + 'hello'.lastIndexOf('', 9)
'hello'.indexOf('', -1)
['a', 'b'].join() + ['a', 'b'].join('-')
'TacoÀ'.lowerAscii() + 'tacoà'.upperAscii()
'aXbXc'.replace('X', '--') + 'aXbXc'.replace('X', '', 1) + 'abc'.replace('', '_')
'a,b,c'.split(',').size() + 'a,b,c'.split(',', 2).size() + 'abc'.split('').size() + 'a,b'.split(',', 0).size()
'tacocat'.substring(4) + 'tacocat'.substring(0, 4)
'abc'.substring(4)
'abc'.substring(2, 1)
' \t trim \n '.trim()
strings.quote('a "b" \n \\ é')
'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')
'abcdefghijklmnopqrstuvwxyz'.startsWith('a') && !'a'.endsWith('abcdefghijklmnopqrstuvwxyz')
matches('abcdefghijkl' + 'b', '^a' + '.*b$')
'abc'.matches('^a.c$') && matches('abc', 'b') && !'abc'.matches('^b')
'abc'.matches('[a')
'abc'.matches('a' + '(')
'a1b22'.find('[0-9]+') + 'a1'.find('x')
'a1b22'.findAll('[0-9]+').size() + 'a1b22c3'.findAll('[0-9]', 2).size()
'a'.find('(')
'a'.find('(' + ')' + '(')
'%s %d %.2f %x %X %o %b %e'.format(['a', 1, 1.5, 255, 'ab', 8, 5, 1234.5])
'%s %s %s'.format([[1, 'a', 1.5], {'a': 1}, null])
'%s %s'.format([duration('1h'), timestamp('2020-01-01T00:00:00Z')])
'100%%'.format([])
'a'.reverse()
jsonpatch.escapeKey('a/b')
"""

NETWORKS = r"""
ip('10.0.0.1').family() + ip('::1').family()
ip('x')
ip('1.2.3')
ip('1.2.3.4.5')
ip('1.2.3.256')
ip('01.2.3.4')
ip('1..3.4')
ip('1.2.x.4')
ip('2001:db8:::68')
ip('1:2:3')
ip('1:2:3:4:5:6:7:8:9')
ip('12345::')
ip('::ffff:1.2.3.4')
ip('fe80::1%eth0')
ip('1::2::3')
ip('::1.2.3.4') == ip('::102:304')
isIP('10.0.0.1') && !isIP('10.0.0.1/8') && !isIP('')
ip.isCanonical('127.0.0.1') && !ip.isCanonical('2001:DB8::abcd')
ip('0.0.0.0').isUnspecified() && ip('127.0.0.1').isLoopback() && ip('ff02::1').isLinkLocalMulticast()
ip('fe80::1').isLinkLocalUnicast() && ip('8.8.8.8').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()
ip('224.0.0.1').isLinkLocalMulticast() || ip('10.0.0.1').isGlobalUnicast()
string(ip('::1')) + string(cidr('10.1.2.3/8')) + string(cidr('10.1.2.3/8').masked())
cidr('10.0.0.0/8').containsIP('10.1.1.1') && cidr('10.0.0.0/8').containsIP(ip('10.1.1.1'))
cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))
cidr('10.0.0.0/8').containsIP('::1') || cidr('10.0.0.0/8').containsCIDR('::/0')
cidr('10.0.0.0/8').prefixLength() + cidr('::/0').prefixLength()
cidr('10.0.0.1/8').ip() == ip('10.0.0.1') && cidr('10.0.0.1/8') != cidr('10.0.0.0/8')
cidr('10.0.0.0')
cidr('10.0.0.0/33')
cidr('10.0.0.0/08')
cidr('x/8')
isCIDR('::/0') && !isCIDR('10.0.0.1')
type(ip('::1')) == net.IP
ip('10.0.0.1') == ip('10.0.0.1')
"""

URLS = r"""
url('https://user:pw@example.com:8080/path/a%20b?k=v&k=w&x#f').getHost()
url('https://[::1]:80/').getHostname() + url('https://[::1]:80/').getPort()
url('HTTP://example.com').getScheme() + url('/a b?x').getEscapedPath()
url('https://example.com/a?k=v&k=w&e=').getQuery()
url('/path only').getEscapedPath()
url('https://example.com:port/')
url('https://exa mple.com/')
url('https://example.com/%zz')
url('example.com')
url('')
url(':foo')
url('mailto:a@b.c').getHost() + url('mailto:a@b.c').getScheme()
isURL('https://example.com') && !isURL('../relative') && isURL('/absolute')
url('https://a/b') == url('https://a/b')
"""

VERSIONS = r"""
quantity('1Gi').add(quantity('1Mi')).compareTo(quantity('1025Mi'))
quantity('1.5').isInteger() || quantity('50k').asInteger() == 50000
quantity('1.5').asInteger()
quantity('9999999999999999999999999999999999999G').isInteger()
quantity('1.5G').asApproximateFloat() + quantity('100m').asApproximateFloat()
quantity('-1').sign() + quantity('0').sign() + quantity('2e3').sign()
quantity('1').isLessThan(quantity('1001m')) && quantity('1M').isGreaterThan(quantity('1k'))
quantity('50k').add(20).sub(quantity('10')).asInteger() + quantity('50k').sub(5).asInteger()
quantity('1k') == quantity('1000') && quantity('1Ki') != quantity('1k')
quantity('x')
quantity('10Mm')
quantity('')
isQuantity('1.3Gi') && !isQuantity('1,3') && !isQuantity('200K')
semver('1.2.3').isLessThan(semver('1.2.4-rc.1')) && semver('1.0.0-alpha').isLessThan(semver('1.0.0'))
semver('1.2.3').major() + semver('1.2.3').minor() + semver('1.2.3').patch()
semver('1.2.3').compareTo(semver('1.2.3+build')) == 0 && semver('1.2.3') == semver('1.2.3')
semver('1.2')
semver('01.2.3')
semver('1.2.x')
semver('1.2.3-01')
semver('1.2.3-')
semver('v1.2', true).minor() + semver('01', true).major()
semver('v1.0-rc', true)
isSemver('1.2.3-a.b+c') && !isSemver('v1.2.3') && isSemver('v1', true)
semver('1.0.0-a.2').isGreaterThan(semver('1.0.0-a.1')) && semver('1.0.0-1').isLessThan(semver('1.0.0-a'))
"""

FORMATS = r"""
format.dns1123Label().validate('my-name')
format.dns1123Label().validate('My_Name')
format.dns1123Label().validate('a123456789012345678901234567890123456789012345678901234567890123')
format.dns1123Subdomain().validate('a..b')
format.dns1035Label().validate('1a')
format.dns1123LabelPrefix().validate('a-')
format.dns1035LabelPrefix().validate('-')
format.dns1123SubdomainPrefix().validate('a.b-')
format.qualifiedName().validate('example.com/name')
format.qualifiedName().validate('a/b/c')
format.qualifiedName().validate('/')
format.labelValue().validate('-a')
format.labelValue().validate('')
format.uri().validate('https://example.com/')
format.uri().validate('x y')
format.uuid().validate('123e4567-e89b-12d3-a456-426614174000')
format.uuid().validate('x')
format.byte().validate('YWJj')
format.byte().validate('a')
format.date().validate('2021-02-29')
format.datetime().validate('2021-02-03T04:05:06Z')
format.datetime().validate('yesterday')
format.named('labelValue').value().validate('a')
format.named('nothing').hasValue()
format.uuid() == format.uuid()
"""

_GROUPS = (
    *(SYNTAX, TYPES, OPERATORS, CONVERSIONS, MACROS, OPTIONALS),
    *(LISTS, STRINGS, NETWORKS, URLS, VERSIONS, FORMATS),
)
EXPRESSIONS = tuple(line for group in _GROUPS for line in group.strip().splitlines())
