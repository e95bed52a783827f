"""New uids: random UUIDs, as kube-apiserver makes them."""

import os

_BYTES, _UIDS_AT_ONCE = 16, 64
_pool = bytearray()


def new_uid() -> str:
    """Return a uid. The system is asked for randomness once for many of them, because a call costs as much as ten."""
    if not _pool:
        _pool.extend(os.urandom(_BYTES * _UIDS_AT_ONCE))
    value = _pool[-_BYTES:]
    del _pool[-_BYTES:]
    value[6] = value[6] & 0x0F | 0x40  # version 4
    value[8] = value[8] & 0x3F | 0x80  # the variant of RFC 9562
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
