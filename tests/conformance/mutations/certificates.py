"""Valid objects of certificates.k8s.io, and a certificate."""

from typing import Any

AUTHORITY = (
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbzCCARWgAwIBAgIUPE16lH+pMElOo3Dt4uqiTZ7UHPwwCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBYTAgFw0yNjExMzAxNzU4NTJaGA8yMTI2MTEwNjE3NTg1Mlow\n"
    "DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAKGNsV/RrJH\n"
    "0dalUuBNX+LP042PKLU5mBj5IvjtEYlH6Qgcj7FW7tSCbvID6h6RJE+eco/8HwtM\n"
    "4/utZOnbkTWjUzBRMB0GA1UdDgQWBBTxYSHrOnIaIajSVchdkqZAWMCVCTAfBgNV\n"
    "HSMEGDAWgBTxYSHrOnIaIajSVchdkqZAWMCVCTAPBgNVHRMBAf8EBTADAQH/MAoG\n"
    "CCqGSM49BAMCA0gAMEUCIHjVq8IEoRfZisftGhcvD4eOODhM7gGmHcwUBPhUq5F3\n"
    "AiEAxYi9+G77VLv2L+JHjb22T5yFNhX1y8Qu53pWT9rBlEo=\n"
    "-----END CERTIFICATE-----\n"
)
#: A PKCS#10 request with an empty subject.
REQUEST = (
    "MIG5MGICAQAwADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABALwweYNZnoAM/qP5AHOSZWfo1HINJ4Z4/ryMyW+ECyCoY9iAZr5"
    "Ql3qwkIifBxbo84QHsp7SPqTneT0N0hYb+mgADAKBggqhkjOPQQDAgNHADBEAiBu5Maqn2HB6vQODy0TUv7UJEwWfZKOW9h5jq/z"
    "MeYbOAIgMM4U05DmH/d/4RF19OcT5ogTbS3GuiNDj8V1R4+v1Cs="
)
CERTIFICATES: dict[str, dict[str, Any]] = {
    "certificates.k8s.io/v1/CertificateSigningRequest": {
        "spec": {
            "request": (
                "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIU01Ib0NBUUF3R0RFV01CUUdBMVVFQXd3Tll5NWxlR0Z0"
                "Y0d4bExtTnZiVEJaTUJNR0J5cUdTTTQ5QWdFRwpDQ3FHU000OUF3RUhBMElBQkVWZkV3RnZ5UFZXeEFmdFpmbVVyM1NTMTMy"
                "VTVLaVYxZE5KNUE0RjhDV3ZnNURiCmc0d0hRM0RhUG12ZThQY3UxSTlRR1ZYVFdPTk5xS2c5SnNPd3NzdWdBREFLQmdncWhr"
                "ak9QUVFEQWdOSUFEQkYKQWlBM0p6eVBMOHluMjRoY0hHVE1DV2NRUTNlaVRlVjQ2bXN5blJ4RGp2b1Z6UUloQVBIaGczbFVi"
                "VUZta3VxVgo2RmVNT3htdDQ0Rlp1aGQ3QnpTblh5ckhXUmdnCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo="
            ),
            "signerName": "example.com/signer",
            "usages": ["digital signature", "client auth"],
            "expirationSeconds": 3600,
        }
    },
    "certificates.k8s.io/v1/ClusterTrustBundle": {"spec": {"trustBundle": AUTHORITY}},
    "certificates.k8s.io/v1/PodCertificateRequest": {
        "spec": {
            "signerName": "example.com/signer",
            "podName": "p",
            "podUID": "1",
            "serviceAccountName": "builder",
            "serviceAccountUID": "2",
            "nodeName": "n",
            "nodeUID": "3",
            "maxExpirationSeconds": 3600,
            "stubPKCS10Request": REQUEST,
        }
    },
}
