"""Rules of the volumes of Pods. The words are those of a real 1.37 server."""

from typing import Any

import pytest

from tests.builtin_strategy import object_causes

CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
ISCSI = {"targetPortal": "p" * 63, "iqn": "iqn.2001-04.com.example:a", "initiatorName": "iqn.2001-04.com.example:b"}


def refusals(*volumes: dict[str, Any]) -> list[str]:
    spec = {"containers": [{"name": "c", "image": "i"}], "volumes": list(volumes)}
    causes = object_causes("", "v1", "Pod", {"metadata": {"name": "p", "uid": "1"}, "spec": spec})
    return [f"{cause.field}: {cause.message}".removeprefix("spec.volumes[0].") for cause in causes]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            {"hostPath": {"path": "/a", "type": "Door"}},
            (
                'hostPath.type: Unsupported value: "Door": supported values: "", "BlockDevice", "CharDevice", '
                '"Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"'
            ),
        ),
        ({"nfs": {"server": "s", "path": "a"}}, 'nfs.path: Invalid value: "a": must be an absolute path'),
        (
            {"flocker": {"datasetName": "a", "datasetUUID": "b"}},
            'flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously',
        ),
        ({"ephemeral": {}}, "ephemeral.volumeClaimTemplate: Required value"),
        (
            {"ephemeral": {"volumeClaimTemplate": {"metadata": {"name": "n"}, "spec": CLAIM}}},
            "ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set",
        ),
        (
            {"iscsi": ISCSI},
            (
                'name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 '
                "characters if iscsi.initiatorName is specified."
            ),
        ),
    ],
)
def test_a_source_of_a_volume_is_refused(source: dict[str, Any], message: str) -> None:
    assert refusals({"name": "v", **source}) == [message]


def test_a_volume_has_a_name_of_its_own_and_no_claim_that_the_pod_creates() -> None:
    ephemeral = {"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}}
    assert refusals(ephemeral) == []
    assert refusals(ephemeral, {"name": "v", "emptyDir": {}}) == ['spec.volumes[1].name: Duplicate value: "v"']
    assert refusals(ephemeral, {"name": "w", "persistentVolumeClaim": {"claimName": "p-v"}}) == [
        (
            'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "p-v": '
            "must not reference a PVC that gets created for an ephemeral volume"
        )
    ]
