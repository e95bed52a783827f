"""The kubectl command lines whose output must agree."""

from tests.conformance.differential.kubectl import Command, Script

_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "example.com/i:1", ports: [{containerPort: 80}]}]}
"""
_CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {k: v}
"""
_CHANGED = _CONFIG_MAP.replace("k: v", "k: w")
_CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gizmos.$id.example.com}
spec:
  group: $id.example.com
  scope: Namespaced
  names: {plural: gizmos, singular: gizmo, kind: Gizmo, shortNames: [gz]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        description: A gizmo.
        properties:
          spec:
            type: object
            description: What it should be.
            properties: {size: {type: integer, minimum: 1, description: How large.}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
_WIDGET = """
apiVersion: $id.example.com/v1
kind: Gizmo
metadata: {name: w}
spec: {size: 3}
"""


def _family(owner: str) -> tuple[Command, ...]:
    """Return what makes an object and one that it owns."""
    uid = f"$$(kubectl get configmap {owner} -o jsonpath={{.metadata.uid}})"
    reference = f'{{"apiVersion":"v1","kind":"ConfigMap","name":"{owner}","uid":"{uid}","blockOwnerDeletion":true}}'
    patch = f'{{"metadata":{{"ownerReferences":[{reference}]}}}}'.replace('"', '\\"')
    return (
        Command(f"create configmap {owner}", silent=True),
        Command(f"create configmap {owner}-child", silent=True),
        Command(f'patch configmap {owner}-child --type=merge -p "{patch}"', silent=True),
    )


def _watched(command: str, lines: int) -> str:
    """Return a command line that watches while "w" is labelled and deleted, until so many lines have come."""
    return (
        # The program itself and not the shell's function, so that it is the one to be ended.
        f'version --client >/dev/null; "$KUBECTL" --namespace=$ns {command} > $home/seen & '
        "until [ -s $home/seen ]; do sleep 0.05; done; "
        "kubectl label configmap w x=y >&2; kubectl delete configmap w >&2; "
        f"until [ $$(wc -l < $home/seen) -ge {lines} ]; do sleep 0.05; done; kill $$!; cat $home/seen; rm $home/seen"
    )


SCRIPTS = (
    Script(
        "config maps from create to delete",
        (
            Command("create configmap m --from-literal=a=b"),
            Command("create configmap m --from-literal=a=b"),
            Command("get configmap m"),
            Command("get cm m -o yaml"),
            Command("get cm m -o json"),
            Command("get cm m -o jsonpath='{.data.a}'"),
            Command("get cm m -o name"),
            Command("get cm m -o custom-columns=NAME:.metadata.name,A:.data.a"),
            Command("get cm m -o wide --show-labels"),
            Command("get cm none"),
            Command("describe configmap m"),
            Command("label configmap m l=1"),
            Command("label configmap m l=2"),
            Command("label configmap m l=2 --overwrite"),
            Command("annotate configmap m n=1"),
            Command("get cm -l l=2"),
            Command("get cm -l l=3"),
            Command("""patch configmap m -p '{"data":{"c":"d"}}'"""),
            Command("""patch configmap m --type=merge -p '{"data":{"c":null}}'"""),
            Command("""patch configmap m --type=json -p '[{"op":"add","path":"/data/e","value":"f"}]'"""),
            Command("""patch configmap m --type=json -p '[{"op":"remove","path":"/data/none"}]'"""),
            Command("delete configmap m"),
            Command("delete configmap m"),
            Command("delete configmap m --ignore-not-found"),
        ),
    ),
    Script(
        "secrets and other things that kubectl makes",
        (
            Command("create secret generic s --from-literal=p=w"),
            Command("get secret s"),
            Command("describe secret s"),
            Command("create serviceaccount sa"),
            Command("create role r --verb=get,list --resource=configmaps"),
            Command("create rolebinding rb --role=r --serviceaccount=$ns:sa"),
            Command("describe role r"),
            Command("describe rolebinding rb"),
            Command("auth can-i list configmaps --as=system:serviceaccount:$ns:sa"),
            Command("auth can-i delete configmaps --as=system:serviceaccount:$ns:sa"),
            Command("auth can-i '*' '*'"),
            Command("auth whoami"),
            Command("create quota q --hard=pods=5"),
            Command("create service clusterip svc --tcp=80:80 --clusterip=None"),
            Command("describe service svc"),
            Command("create ingress i --rule=example.com/=svc:80"),
            Command("get ingress i"),
            Command("create job j --image=example.com/i -- true"),
            Command("create cronjob cj --image=example.com/i --schedule='* * * * *' -- true"),
            Command("get jobs,cronjobs"),
            Command("get secret,sa,role,rolebinding,svc -o name"),
        ),
    ),
    Script(
        "apply on the client's side",
        (
            Command("diff -f -", _CONFIG_MAP),
            Command("apply -f -", _CONFIG_MAP),
            Command("apply -f -", _CONFIG_MAP),
            Command("apply -f -", _CONFIG_MAP + "  #\n"),
            Command("apply -f -", _CHANGED),
            Command("get cm m -o yaml"),
            Command("diff -f -", _CONFIG_MAP),
            Command("apply --dry-run=server -f -", _CONFIG_MAP),
            Command("apply -f -", _CONFIG_MAP.replace("data:", "nonsense:")),
            Command("apply view-last-applied cm/m"),
            Command("replace -f -", _CONFIG_MAP),
            Command("delete -f -", _CONFIG_MAP),
        ),
    ),
    Script(
        "apply on the server's side",
        (
            Command("apply --server-side -f -", _CONFIG_MAP),
            Command("apply --server-side --field-manager=other -f -", _CHANGED),
            Command(
                "apply --server-side --field-manager=other --force-conflicts -f -", _CONFIG_MAP.replace("k: v", "k: w")
            ),
            Command("get cm m -o yaml --show-managed-fields"),
            Command("diff --server-side -f -", _CONFIG_MAP),
        ),
    ),
    Script(
        "deployments",
        (
            Command("create -f -", _DEPLOYMENT),
            Command("get deployments"),
            Command("get deploy web -o wide"),
            Command("describe deployment web"),
            Command("scale deployment web --replicas=3"),
            Command("scale deployment web --replicas=1 --current-replicas=9"),
            Command("get deploy web -o jsonpath='{.spec.replicas}'"),
            Command("set image deployment/web c=example.com/i:2"),
            Command("rollout pause deployment web"),
            Command("rollout resume deployment web"),
            Command("set env deployment/web A=b"),
            Command("autoscale deployment web --max=5"),
            Command("get hpa"),
            Command("expose deployment web --port=80 --cluster-ip=None"),
            Command("get svc web"),
            Command("wait deployment web --for=jsonpath='{.spec.replicas}'=3 --timeout=5s"),
            Command("wait deployment web --for=condition=Available --timeout=1s"),
            Command("delete deployment web --cascade=orphan"),
            Command("wait deployment web --for=delete --timeout=20s"),
            Command("get all -o name"),
        ),
    ),
    Script(
        "editing",
        (
            Command("create configmap m --from-literal=a=b", silent=True),
            Command("edit configmap m", editor="sed -i s/a:.b/a:\\ c/"),
            Command("get cm m -o jsonpath='{.data}'"),
            Command("edit configmap m", editor="true"),
        ),
    ),
    Script(
        "custom resources",
        (
            Command("apply -f -", _CRD),
            Command("wait crd gizmos.$id.example.com --for=condition=Established --timeout=20s"),
            Command("apply -f -", _WIDGET),
            Command("get gizmos"),
            Command("get gz w -o yaml"),
            Command("describe gizmo w"),
            Command("apply -f -", _WIDGET.replace("3", "0")),
            Command("apply -f -", _WIDGET + "other: 1\n"),
            Command("""patch gizmo w --type=merge --subresource=status -p '{"status":{"ready":true}}'"""),
            Command("explain gizmo"),
            Command("explain gizmo.spec.size"),
            Command("api-resources --api-group=$id.example.com"),
            Command("get crd gizmos.$id.example.com"),
            Command("delete gizmo --all"),
            Command("delete crd gizmos.$id.example.com"),
        ),
    ),
    Script(
        "what the server is",
        (
            Command("api-resources --api-group=apps"),
            Command("api-resources --api-group='' -o name"),
            Command("api-resources --namespaced=false -o name --sort-by=name"),
            Command("api-versions"),
            Command("explain configmap"),
            Command("explain deployment.spec.strategy"),
            Command("explain pod.spec.nonsense"),
            Command("get --raw=/readyz"),
            Command("get --raw=/api"),
            Command("get namespace $ns"),
            Command("describe namespace $ns"),
            Command("get nonsense"),
            Command("get pods --field-selector=status.phase=Running"),
            Command("get events"),
            Command("create namespace other-$id --dry-run=server -o yaml"),
        ),
    ),
    Script(
        "cascades of a deletion",
        (
            *_family("fore"),
            Command("delete configmap fore --cascade=foreground"),
            Command("get configmap fore-child"),
            *_family("orphan"),
            Command("delete configmap orphan --cascade=orphan"),
            Command("get configmap orphan-child -o jsonpath='{.metadata.name}{.metadata.ownerReferences}'"),
            *_family("back"),
            Command("delete configmap back --cascade=background"),
            Command("wait configmap back-child --for=delete --timeout=20s", silent=True),
            Command("get configmap back-child"),
            Command("delete configmap orphan-child --cascade=nonsense"),
        ),
    ),
    Script(
        "watching",
        (
            Command("create configmap w --from-literal=a=b", silent=True),
            Command(_watched("get configmap w --watch --output-watch-events", lines=4)),
            Command("create configmap w --from-literal=a=b", silent=True),
            Command(_watched("get configmaps -w -o name --field-selector=metadata.name=w", lines=3)),
            Command("create configmap w --from-literal=a=b", silent=True),
            Command(_watched("get configmap w --watch --show-labels", lines=4)),
        ),
    ),
    Script(
        "pods",
        (
            Command("run p --image=example.com/i --restart=Never"),
            Command("get pod p"),
            Command("get pod p -o wide"),
            Command("describe pod p"),
            Command("label pods --all x=y"),
            Command("get pods --show-labels -L x"),
            Command("events --for pod/p"),
            Command("delete pod p --now"),
            Command("delete pods --all"),
        ),
    ),
)
