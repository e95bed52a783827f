"""The hash that decides to which shard an object belongs, as kube-apiserver computes it (KEP-5866)."""

from functools import lru_cache

#: Number of hashes: each is in ``range(HASHES)``.
HASHES = 1 << 64

_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, HASHES - 1


def hash_of(value: str) -> int:
    """Return the hash of a uid or a namespace: FNV-1a with 64 bits.

    A uid takes some microseconds: keep its hash beside the object.
    """
    found = _OFFSET
    for byte in value.encode():
        found = (found ^ byte) * _PRIME & _MASK
    return found


#: As ``hash_of``, for namespaces: there are few, and many objects share each.
hash_of_namespace = lru_cache(maxsize=4096)(hash_of)
