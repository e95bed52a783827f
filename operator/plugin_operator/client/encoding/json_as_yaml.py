"""JSON for a reader of YAML, such as the API server for the body of an apply.

YAML takes three characters besides LF and CR for the end of a line, and folds it and the spaces around. It refuses
control characters. As an escape, each of them means itself.
"""

import re

# In UTF-8: U+007F to U+009F with U+0085, U+2028 and U+2029, U+FEFF, U+FFFE and U+FFFF.
_NOT_FOR_YAML = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef(?:\xbb\xbf|\xbf[\xbe\xbf])")


def readable_as_yaml(document: bytes) -> bytes:
    """Return a JSON text that means the same to a reader of YAML.

    Characters beyond U+FFFF stay as they are: YAML has no pairs of surrogates.
    """
    return _NOT_FOR_YAML.sub(lambda match: b"\\u%04x" % ord(match[0].decode()), document)
