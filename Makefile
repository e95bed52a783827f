# plugin-operator: every target sets up what it needs by itself. Needs Python 3.11+, make and git; `make help` lists all.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

# ---- settings: override on the command line, as in `make docker-build REGISTRY=registry.example.com/team TAG=1.2.3`
REGISTRY   ?=
IMAGE_NAME ?= plugin-operator
TAG        ?= $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
IMAGE      := $(if $(REGISTRY),$(REGISTRY)/)$(IMAGE_NAME):$(TAG)
NAMESPACE  := plugin-operator-system
# Folders of manifests/components that deploy applies as well: make deploy OPTIONS='secure-metrics network-policy-ingress'.
OPTIONS    ?=
TIMESTAMP  ?= $(shell date -u +%Y-%m-%dT%H:%M:%SZ)
PLATFORMS  ?= linux/amd64,linux/arm64
VENV       ?= .venv
# make release VERSION=1.2.3; DRY_RUN=1 leaves nothing but dist/.
VERSION    ?=
DRY_RUN    ?=
PLUGINS    ?= plugins
DOCKER     ?= docker
# That of PATH, or else the one that the tests use.
KUBECTL    ?= $(or $(shell command -v kubectl),$(wildcard $(BIN)/kubectl),kubectl)
# One more than there are cores: the tests wait as much as they compute.
WORKERS    ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# More words for the program a target starts: make run ARGS='--metrics-addr=:9090', make test ARGS='-k queue'.
ARGS       ?=
# The first interpreter that is new enough and whole (Debian splits ensurepip off); name another with PYTHON=python3.13.
SUITABLE   := import ensurepip, sys; sys.exit(sys.version_info < (3, 11))
PYTHON     ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
                $$p -c '$(SUITABLE)' >/dev/null 2>&1 && { command -v $$p; break; }; done)

BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
LOCK    := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
           --no-emit-index-url --no-emit-find-links --quiet $(if $(UPGRADE),--upgrade)
SOURCES := $(shell find operator manifests -name '*.py' -o -name py.typed -o -name '*.yaml') pyproject.toml README.md LICENSE \
           requirements/sbom.cdx.json

export PIP_ROOT_USER_ACTION := ignore
# Without byte code, each of a thousand processes compiles its sources again, and pytest rewrites every test in each run.
unexport PYTHONDONTWRITEBYTECODE
# make exports variables of its command line to recipes. These stay out: a test starts make again, and that make must
# choose PYTHON and VENV by itself.
unexport VERSION DRY_RUN REGISTRY IMAGE_NAME TAG NAMESPACE OPTIONS TIMESTAMP PLATFORMS VENV PLUGINS DOCKER KUBECTL WORKERS ARGS PYTHON

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- set-up: stamps make the second run instant; a changed pin installs again
$(BIN)/python:
	@python="$(or $(PYTHON),python3)"; \
	if ! "$$python" -c '$(SUITABLE)' >/dev/null 2>&1; then \
	  echo "plugin-operator needs Python 3.11 or newer with its venv module; \
	$$python is: $$("$$python" --version 2>&1 | head -n 1)." >&2; \
	  echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi; \
	echo "Creating $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned dependencies into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime | $(BIN)/python
	@echo "Installing the pinned test and check tools into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.dev ## Make .venv with everything that test and check need

# ---- use
.PHONY: run
run: $(VENV)/.runtime ## Start the sandbox and the operator with ./plugins; Ctrl-C stops both
	@exec $(BIN)/plugin-operator sandbox --plugins-dir $(PLUGINS) $(ARGS)

.PHONY: plugins
plugins: $(VENV)/.runtime ## Check every file in plugins/ with the real loader and lints
	@$(BIN)/plugin-operator check $(PLUGINS)

.PHONY: build
build: dist/.built ## Make the wheel in dist/

dist/.built: $(SOURCES) $(VENV)/.runtime
	@rm -rf dist && mkdir dist
	@$(PIP) wheel --no-deps --no-build-isolation --no-index --wheel-dir dist .
	@touch $@
	@ls dist/*.whl

# Twine and the schema of the SBOM, apart from the environment that the tests know.
$(VENV)-release/.tools: requirements/release.txt | $(BIN)/python
	@$(BIN)/python -m venv --clear $(VENV)-release
	@$(VENV)-release/bin/python -m pip --disable-pip-version-check --no-input --quiet install --require-hashes -r requirements/release.txt
	@touch $@

.PHONY: release
release: $(VENV)/.dev $(VENV)-release/.tools ## Check, build thrice, compare and tag VERSION; all but the upload (DRY_RUN=1: no tag)
	@PYTHONPATH=.ci $(BIN)/python -m release $(VERSION) --tools $(VENV)-release/bin $(if $(DRY_RUN),--dry-run)

.PHONY: set-version
set-version: $(VENV)/.dev ## Write VERSION to every place that names the version
	@PYTHONPATH=.ci $(BIN)/python -m release --set-version $(VERSION)

.PHONY: surface
surface: $(VENV)/.dev ## Record the public names, flags, metrics and JSON keys as promised
	@$(BIN)/python -m tests.surface
	@git --no-pager diff --stat -- .ci/release || true

.PHONY: sbom
sbom: $(VENV)/.dev ## Make requirements/sbom.cdx.json from the pins
	@PYTHONPATH=.ci $(BIN)/python -m release.sbom

.PHONY: all
all: build plugins test check ## build, plugins, test and check

.PHONY: clean
clean: ## Remove what the targets made: dist, caches, the sandbox, .venv
	rm -rf dist build .sandbox .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .grimp_cache .hypothesis $(VENV)
	find operator plugins tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- quality
.PHONY: test
test: $(VENV)/.dev ## Run the tests (a few minutes; the slow ones have targets of their own)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(addprefix --ignore=tests/,conformance soak alerts helm site \
	  $(FAULT_SUITES) $(DOCS_SUITES) $(COMMAND_SUITES) $(HOUSE_SUITES)) $(ARGS)

# A failing API server or proxy, stopped processes, replicas that take over from each other, and plugins that change under
# load. These wait minutes for deadlines and leases. Besides, the state machines whose orders of events hypothesis searches.
FAULT_SUITES := property integration/faults integration/app/test_every_task_is_supervised.py replicas \
	integration/client/test_proxies_in_trouble.py integration/hosting/test_stopped_processes.py \
	$(addprefix acceptance/,test_healing.py test_load_while_plugins_change.py test_run_against_a_cluster.py \
	test_stop_without_a_server.py test_stopped_sandbox.py test_without_inotify.py test_worker_processes.py \
	test_faults_with_workers.py test_reloads_in_workers.py test_blame_with_workers.py)
.PHONY: test-faults
test-faults: $(VENV)/.dev ## Run the tests of failing servers and processes, of replicas, workers, load and state machines (six minutes)
	@$(BIN)/python -m pytest -n $(WORKERS) $(addprefix tests/,$(FAULT_SUITES)) $(ARGS)

.PHONY: test-replicas
test-replicas: $(VENV)/.dev controlplane ## Test replicas on kube-apiserver, with its division of watches off and on (eight minutes; needs Go)
	@REPLICAS_SERVER=real REPLICAS_LONG=1 $(BIN)/python -m pytest -n 2 tests/replicas $(ARGS)

# Every command, Dockerfile, manifest and piece of Python in the docs, and the least roles of each example. Each page and
# each example starts servers and operators of its own.
DOCS_SUITES := acceptance/docs integration/testing/test_code_in_docs.py integration/permissions
.PHONY: test-docs
test-docs: $(VENV)/.dev ## Run the commands and the code that the docs show (a minute)
	@$(BIN)/python -m pytest -n $(WORKERS) $(addprefix tests/,$(DOCS_SUITES)) $(ARGS)

# Commands and test runs that build wheels, render manifests, or start an interpreter for each plugin.
COMMAND_SUITES := integration/cli unit/cli/test_manifests.py unit/chart unit/release \
	$(addprefix acceptance/test_,check.py requirements.py signed_plugins.py validate.py wrong_usage.py) \
	$(addprefix integration/testing/test_,failing_tests.py pytest_plugin.py)
.PHONY: test-commands
test-commands: $(VENV)/.dev ## Run the tests of commands, manifests, the chart and the release (two minutes)
	@$(BIN)/python -m pytest -n $(WORKERS) $(addprefix tests/,$(COMMAND_SUITES)) $(ARGS)

# One process has the API server, the other renders.
HELM_PROGRAMS := controlplane helm3 helm4
.PHONY: test-helm
test-helm: $(VENV)/.dev ## Install the chart with helm 3 and 4 on a real kube-apiserver (a minute; needs Go)
	@for program in $(HELM_PROGRAMS); do $(BIN)/python tests/gotools/build.py $$program >/dev/null || exit; done
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/helm $(ARGS)

.PHONY: test-alerts
test-alerts: $(VENV)/.dev ## Drive the operator into each fault and test the alert rules with promtool (a minute; needs Go)
	@$(BIN)/python tests/gotools/build.py promtool >/dev/null
	@$(BIN)/python -m pytest -n $(WORKERS) tests/alerts $(ARGS)

.PHONY: check
check: lint types layers house ## Lint, format, types, layers, and the rules of the code base and its docs

.PHONY: lint types layers
lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

# They read the code, the tests and the docs as texts, and have mypy read what authors write.
HOUSE_SUITES := typing unit/house unit/docs
.PHONY: house
house: $(VENV)/.dev ## Check the rules of the code base and its docs
	@$(BIN)/python -m pytest -n $(WORKERS) $(addprefix tests/,$(HOUSE_SUITES)) $(ARGS)

.PHONY: format
format: $(VENV)/.dev ## Format the code and apply the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: pictures
pictures: $(VENV)/.dev ## Draw docs/architecture.svg from the import graph, and docs/session.svg from a run
	@PYTHONPATH=operator $(BIN)/python docs/architecture.py
	@$(BIN)/python docs/session.py

.PHONY: dashboards
dashboards: $(VENV)/.dev ## Make the dashboards for Grafana in manifests/components/dashboards
	@$(BIN)/python docs/dashboards.py

.PHONY: chart
chart: $(VENV)/.dev ## Write the Helm chart in manifests/chart from the manifests and the flags
	@$(BIN)/python -m manifests.helm.generate

.PHONY: reference
reference: $(VENV)/.dev ## Make the pages of reference from the docstrings, and docs/rules-of-kinds.md
	@$(BIN)/python docs/reference.py
	@PYTHONPATH=operator $(BIN)/python docs/rules_of_kinds.py

.PHONY: kinds
kinds: $(VENV)/.dev ## Make the typed built-in kinds in operator/plugin_operator/kinds from the embedded API server's schemas
	@PYTHONPATH=operator $(BIN)/python -m tests.typed_kinds

.PHONY: pairs
pairs: $(VENV)/.dev ## Make the definitions of the Go types in tests/pairs again, with controller-gen (needs Go)
	@$(BIN)/python tests/pairs/generate.py

.PHONY: expressions
expressions: $(VENV)/.dev ## Ask kube-apiserver's CEL about the expressions of tests/gocel, and write its answers (needs Go)
	@$(BIN)/python -m tests.gocel

.PHONY: patterns
patterns: $(VENV)/.dev ## Ask Go's regexp about the patterns of tests/goregexp, and write its answers (needs Go)
	@$(BIN)/python -m tests.goregexp

.PHONY: protobuf
protobuf: $(VENV)/.dev ## Ask Go to encode the objects of tests/goprotobuf, and write digests of its answers (needs Go)
	@$(BIN)/python -m tests.goprotobuf

# Zensical, apart from the environment that the tests know.
$(VENV)-site/.tools: requirements/site.txt | $(BIN)/python
	@$(BIN)/python -m venv --clear $(VENV)-site
	@$(VENV)-site/bin/python -m pip --disable-pip-version-check --no-input --quiet install --require-hashes -r requirements/site.txt
	@touch $@

.PHONY: site
site: $(VENV)/.dev $(VENV)-site/.tools ## Build the docs as a site in build/site/html; fail on a broken link or a page outside the navigation
	@$(BIN)/python -m docs.build_site --zensical $(VENV)-site/bin/zensical

.PHONY: test-site
test-site: site ## Look at each page in Chromium at three widths: nothing may be cut off or hard to read
	@CHROMIUM='$(CHROMIUM)' $(BIN)/python -m pytest -n 2 tests/site $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev ## Measure beside controller-runtime (Go), kube-rs (cargo) and kopf; 25 minutes, with QUICK=1 six
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(ARGS)

.PHONY: bench-docs
bench-docs: $(VENV)/.dev ## Put the table and the plots of the last make bench into docs/performance.md and scaling.md
	@$(BIN)/python -m bench.docs

.PHONY: guard
guard: $(VENV)/.dev ## Fail if an event, a reconcile or a create takes over 25 % more operations or memory than recorded
	@$(BIN)/python -m bench.guard $(ARGS)

.PHONY: attack-size
attack-size: $(VENV)/.dev ## 100,000 objects, fifty of 1.5 MB, through an edit, a restart and lost history; minutes (ARGS=--small=2000)
	@$(BIN)/python -m bench.size $(ARGS)

.PHONY: bench-reload
bench-reload: $(VENV)/.dev ## Measure what a reload costs, step by step, and how it slows other plugins
	@$(BIN)/python -m bench.reload $(ARGS)

.PHONY: bench-typed
bench-typed: $(VENV)/.dev ## Measure reading typed objects beside dicts and the models of others
	@PYTHONPATH=operator $(BIN)/python -m bench.typed_reads

.PHONY: simulate-shards
simulate-shards: $(VENV)/.dev ## Simulate a million objects on 100 replicas: imbalance, moves, writes, the coordinator's core
	@PYTHONPATH=operator $(BIN)/python -m bench.shards $(ARGS)

.PHONY: bench-apiserver
bench-apiserver: controlplane ## Measure the embedded API server beside the real one (needs Go)
	@$(BIN)/python -m bench.apiservers $(ARGS)

.PHONY: bench-start
bench-start: $(VENV)/.dev ## Measure the start of the embedded API server, in process and as a process, and a restore
	@PYTHONPATH=operator $(BIN)/python -m bench.start $(ARGS)

.PHONY: bench-replicas
bench-replicas: $(VENV)/.dev ## Measure 1, 2 and 4 replicas that share objects: rate, bytes of each, moves
	@PYTHONPATH=operator $(BIN)/python -m bench.replicas $(ARGS)

.PHONY: bench-crds
bench-crds: controlplane ## Measure the embedded API server beside the real one with 150 CRDs (needs Go)
	@$(BIN)/python -m bench.crds $(ARGS)

.PHONY: controlplane
controlplane: $(VENV)/.dev ## Build the real kube-apiserver with etcd, once, for the conformance tests (needs Go)
	@$(BIN)/python tests/gotools/build.py controlplane

# The tests write, so they ignore the shell's KUBECONFIG: name the cluster on the command line.
STAND_IN = $(if $(filter command,$(origin KUBECONFIG)),$(abspath $(KUBECONFIG)))
REPLICAS = $(if $(STAND_IN),,tests/replicas)
# Processes with an API server each: one builds images while another compares, and two begin with replicas, which mostly
# wait. Files in their order end at one time.
APART   := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: conformance
conformance: $(VENV)/.dev ## Test on a real API server and compare (needs Go, or KUBECONFIG=of-a-cluster)
	@for program in $(if $(STAND_IN),,controlplane controllerruntime-client); do \
	  $(BIN)/python tests/gotools/build.py $$program >/dev/null || \
	  { status=$$?; [ $$status = 3 ] && [ -z "$$CI" ] && exit 0; exit $$status; }; done; \
	export CONFORMANCE_KUBECONFIG='$(STAND_IN)' REPLICAS_SERVER=real; status=0; \
	$(BIN)/python -m pytest $(if $(STAND_IN),,$(APART)) $(REPLICAS) tests/conformance $(ARGS) || status=1; \
	TEST_SERVER=real $(BIN)/python -m pytest $(if $(STAND_IN),,-n $(WORKERS)) tests/integration tests/acceptance $(ARGS) \
	  || status=1; \
	exit $$status

# A client that the tests do not need is apart from the environment that they know.
$(VENV)-suites/.tools: requirements/suites.txt | $(BIN)/python
	@$(BIN)/python -m venv --clear $(VENV)-suites
	@$(VENV)-suites/bin/python -m pip --disable-pip-version-check --no-input --quiet install --require-hashes -r requirements/suites.txt
	@touch $@

.PHONY: mutations
mutations: controlplane ## Send random mutations to both API servers and group what differs; minutes (SEED, ARGS='--kind pods'; needs Go)
	@PYTHONPATH=operator $(BIN)/python -m tests.conformance.mutations --seed $(or $(SEED),1) $(ARGS)

SUITE_PROGRAMS := $(addprefix controllerruntime-,client cache manager controller builder recorder) helm3 helm4
OLD_KUBECTLS   := kubectl135 kubectl136

.PHONY: conformance-suites
conformance-suites: $(VENV)/.dev $(VENV)-suites/.tools ## Run suites of other projects and compare with kube-apiserver (RECORD=1 lists; needs Go)
	@for program in controlplane $(SUITE_PROGRAMS) $(OLD_KUBECTLS); do $(BIN)/python tests/gotools/build.py $$program >/dev/null || exit; done
	@SUITES_PYTHON='$(abspath $(VENV)-suites/bin/python)' $(BIN)/python -m tests.conformance.suites $(if $(RECORD),--record) $(ARGS)
	@$(if $(RECORD)$(ARGS),,HELM_SERVER=embedded $(BIN)/python -m pytest tests/helm/test_helm_applies.py)
	@$(if $(RECORD)$(ARGS),,$(foreach program,$(OLD_KUBECTLS),SCRIPTS_KUBECTL=$$($(BIN)/python tests/gotools/build.py $(program)) \
	  $(BIN)/python -m pytest tests/conformance/test_kubectl.py &&)) true

.PHONY: conformance-e2e
conformance-e2e: $(VENV)/.dev ## Run Kubernetes' own specs of sig-api-machinery and compare with kube-apiserver (RECORD=1 lists; needs Go)
	@for program in controlplane kubernetes-e2e; do $(BIN)/python tests/gotools/build.py $$program >/dev/null || exit; done
	@$(BIN)/python -m tests.conformance.suites kubernetes-e2e $(if $(RECORD),--record) $(ARGS)

# Duration, size and API server (embedded or real) of a soak; SEED repeats the order of a run.
MINUTES ?= 5
OBJECTS ?= 5000
SERVER  ?= embedded
# Worker processes of each replica in a soak.
PROCESSES ?= 1
# With SHARDED=1, three replicas share the objects.
SHARDED ?=
.PHONY: hostile
hostile: $(VENV)/.dev ## Send hostile requests to the API server and measure how long a bystander waits (REQUESTS=10000)
	@$(BIN)/python -m tests.property.hostile $(or $(REQUESTS),10000)

.PHONY: soak
soak: $(VENV)/.dev $(if $(filter real,$(SERVER)),controlplane) ## Random faults, edits and kills for MINUTES; nothing may be lost or doubled (OBJECTS, SEED, SERVER, HOSTILE, PROCESSES, SHARDED)
	@MINUTES=$(MINUTES) OBJECTS=$(OBJECTS) SEED=$(SEED) PROCESSES=$(PROCESSES) SHARDED=$(SHARDED) SERVER='$(SERVER)' HOSTILE='$(HOSTILE)' $(BIN)/python -m tests.soak

# SCHEDULES is the number of them, SEED that of the first one: it repeats a schedule.
.PHONY: model-shards
model-shards: $(VENV)/.dev ## Search random schedules of the sharding protocol for two owners of a shard; an hour (SCHEDULES, SEED)
	@PYTHONPATH=operator $(BIN)/python -m tests.sharding_model --schedules $(or $(SCHEDULES),1000000) --seed $(or $(SEED),0)

.PHONY: lock
lock: $(BIN)/python ## Resolve the pins again; UPGRADE=1 takes newer versions
	@$(PIP) install --require-hashes -r requirements/lock.txt
	@$(LOCK) requirements/lock.in -o requirements/lock.txt
	@$(LOCK) pyproject.toml -o requirements/runtime.txt
	@$(LOCK) requirements/go.in -o requirements/go.txt
	@$(LOCK) requirements/release.in -c requirements/runtime.txt -o requirements/release.txt
	@$(LOCK) requirements/site.in -o requirements/site.txt
	@$(LOCK) requirements/suites.in -o requirements/suites.txt
	@$(LOCK) requirements/build.in -c requirements/runtime.txt -o requirements/build.txt
	@$(LOCK) pyproject.toml --extra test --extra check --extra tracing -c requirements/runtime.txt -c requirements/build.txt \
	  -o requirements/dev.txt
	@$(MAKE) --no-print-directory sbom
	@git --no-pager diff --stat -- requirements || true

# ---- image and cluster
.PHONY: need-docker need-kubectl
need-docker:
	@command -v $(DOCKER) >/dev/null || { echo "$(DOCKER) is not on PATH: this target needs a container engine." >&2; exit 1; }
	@$(DOCKER) info >/dev/null 2>&1 || { echo "$(DOCKER) does not reach its engine: is it running, and may you use it?" >&2; exit 1; }

need-kubectl:
	@command -v $(KUBECTL) >/dev/null || { echo "$(KUBECTL) is not on PATH: this target needs it (KUBECTL=/path/to/kubectl)." >&2; exit 1; }

.PHONY: docker-build
docker-build: need-docker ## Build the image $(REGISTRY)/$(IMAGE_NAME):$(TAG)
	$(DOCKER) build --build-arg VERSION=$(TAG) --build-arg REVISION=$$(git rev-parse HEAD) --tag $(IMAGE) .

.PHONY: docker-push
docker-push: need-docker ## Build for amd64 and arm64 and push (needs REGISTRY)
	@[ -n "$(REGISTRY)" ] || { echo "docker-push needs REGISTRY, as in: make docker-push REGISTRY=registry.example.com/team" >&2; exit 1; }
	$(DOCKER) buildx build --platform $(PLATFORMS) --build-arg VERSION=$(TAG) --build-arg REVISION=$$(git rev-parse HEAD) \
	  --tag $(IMAGE) --push .

# A plugin's permissions are in the file that has its name. A plugin that is no longer deployed loses them.
ALL_RIGHTS   := $(filter-out %/kustomization.yaml,$(wildcard manifests/plugins/*.yaml))
PLUGIN_RIGHTS = $(filter $(patsubst %,manifests/plugins/%.yaml,$(basename $(notdir $(wildcard $(PLUGINS)/*)))),$(ALL_RIGHTS))
STALE_RIGHTS  = $(filter-out $(PLUGIN_RIGHTS),$(ALL_RIGHTS))
# Some components patch objects of other components, so they come last. One replica with a disruption budget could not be evicted.
LAST         := secure-metrics roles namespaced
BUDGET       := pod-disruption-budget
CHOSEN        = $(filter-out $(BUDGET),$(OPTIONS)) $(if $(filter single,$(OPTIONS)),,$(BUDGET))
COMPONENTS    = $(filter-out $(LAST),$(CHOSEN)) $(filter $(LAST),$(CHOSEN))
UNKNOWN       = $(filter-out $(notdir $(wildcard manifests/components/*)),$(OPTIONS))
# A kustomization of the base, the files $(1) with permissions and the components $(2), in one line.
, := ,
KUSTOMIZATION = {namespace: "$(NAMESPACE)", transformers: [../../manifests/names], \
  resources: [../../manifests/base$(foreach file,$(1),$(,) $(notdir $(file)))], \
  components: [$(foreach component,$(2),../../manifests/components/$(component)$(,))], \
  images: [{name: plugin-operator, newName: "$(if $(REGISTRY),$(REGISTRY)/)$(IMAGE_NAME)", newTag: "$(TAG)"}], \
  patches: [{target: {kind: Deployment}, patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: plugin-operator}, \
    spec: {template: {metadata: {annotations: {kubectl.kubernetes.io/restartedAt: "$(TIMESTAMP)"}}}}}'}]}
# The permissions are copied, because kustomize reads no single file outside of a kustomization's directory.
RENDER = (mkdir -p build && dir=$$(mktemp -d build/deploy.XXXXXX) && trap 'rm -rf "$$dir"' EXIT && \
  $(if $(1),cp $(1) "$$dir" &&) echo '$(subst ','\'',$(KUSTOMIZATION))' >"$$dir/kustomization.yaml" && \
  $(KUBECTL) kustomize "$$dir")

# The namespace is labelled, and removed by undeploy: it must be the operator's own.
.PHONY: need-namespace need-options
need-namespace:
	@[[ '$(NAMESPACE)' =~ ^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$$ ]] || \
	  { echo "NAMESPACE='$(NAMESPACE)' is not a namespace name: use lower-case letters, digits and -, at most 63" >&2; exit 1; }
	@[[ '$(NAMESPACE)' != default && '$(NAMESPACE)' != kube-* ]] || \
	  { echo "NAMESPACE=$(NAMESPACE) belongs to Kubernetes: deploy needs a namespace of its own" >&2; exit 1; }

need-options:
	@$(if $(UNKNOWN),echo 'OPTIONS: no component "$(UNKNOWN)" in manifests/components' >&2; exit 1)

.PHONY: manifests
manifests: need-kubectl need-namespace need-options ## Print the manifests as deploy applies them (NAMESPACE, OPTIONS)
	@$(call RENDER,$(PLUGIN_RIGHTS),$(COMPONENTS))

# The image has the packages that plugins import; this machine may not. Without them a plugin is only compiled here.
.PHONY: deploy-plugins
deploy-plugins: need-kubectl need-namespace $(VENV)/.runtime ## Put ./plugins into the cluster; a running operator reloads what changed
	@$(BIN)/plugin-operator validate --allow-missing-requirements $(PLUGINS)
	@shopt -s dotglob; files=(); for file in $(PLUGINS)/*; do \
	  [ -f "$$file" ] && [ "$${file##*/}" != kustomization.yaml ] && files+=("--from-file=$$file"); done; \
	$(KUBECTL) create configmap plugin-operator-plugins --namespace $(NAMESPACE) "$${files[@]}" \
	  --dry-run=client --output=yaml | $(KUBECTL) apply --server-side --force-conflicts --field-manager=make-deploy -f -

# The first document is the namespace, if there is one. The plugins come before the pods that mount them.
.PHONY: deploy
deploy: need-kubectl need-namespace need-options ## Apply manifests and plugins to kubectl's current cluster (NAMESPACE, OPTIONS)
	@$(call RENDER,,$(COMPONENTS)) | sed '/^---$$/,$$d' | $(KUBECTL) apply -f -
	@$(if $(filter git-sync pvc,$(OPTIONS)),,$(MAKE) --no-print-directory deploy-plugins)
	@$(call RENDER,$(PLUGIN_RIGHTS),$(COMPONENTS)) | $(KUBECTL) apply -f -
	@$(if $(STALE_RIGHTS),sed -s -e '1i ---' -e 's|plugin-operator-system|$(NAMESPACE)|g' $(STALE_RIGHTS) | \
	  $(KUBECTL) delete --ignore-not-found -f -)
	@$(if $(filter single,$(OPTIONS)),$(KUBECTL) delete pdb plugin-operator --namespace $(NAMESPACE) --ignore-not-found)
	$(KUBECTL) rollout status deployment/plugin-operator --namespace $(NAMESPACE) --timeout=180s

.PHONY: deploy-all
deploy-all: docker-push deploy ## docker-push, then deploy

# The namespace takes all that is in it along. With OPTIONS=namespaced it stays.
EVERYTHING = $(if $(filter namespaced,$(OPTIONS)),$(COMPONENTS),network-policy-ingress network-policy-egress $(BUDGET) secure-metrics)
.PHONY: undeploy
undeploy: need-kubectl need-namespace need-options ## Remove what deploy applied, the namespace included (NAMESPACE)
	@$(call RENDER,$(ALL_RIGHTS),$(EVERYTHING)) | $(KUBECTL) delete --ignore-not-found -f -
