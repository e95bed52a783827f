# syntax=docker/dockerfile:1
# Two stages on one base: the first resolves nothing (every pin is hashed) and builds the wheel, the second holds only the
# interpreter, the installed package and the shipped plugins. For a build that never moves, pass the base by digest:
# --build-arg PYTHON_IMAGE=python:3.13-slim-bookworm@sha256:...
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/runtime.txt requirements/build.txt requirements/
# Its own layer, ahead of the sources: a change in the code does not install the dependencies again.
RUN python -m venv --without-pip /opt/plugin-operator \
 && python -m pip --python /opt/plugin-operator/bin/python install --require-hashes --only-binary=:all: \
    -r requirements/runtime.txt \
 && python -m pip install --require-hashes --only-binary=:all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY requirements/sbom.cdx.json requirements/
COPY operator/ operator/
COPY manifests/ manifests/
RUN python -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
 && python -m pip --python /opt/plugin-operator/bin/python install --no-deps --no-index /wheels/*.whl

FROM ${PYTHON_IMAGE}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="plugin-operator" \
      org.opencontainers.image.description="A Kubernetes operator that loads controllers from plain .py files and reloads each when its file changes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore pip \
 && groupadd --gid 65532 nonroot \
 && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nonroot
# The root file system is read-only in the cluster: bytecode was compiled in the first stage, none is written here. HOME is
# set for clusters that pick a user of their own, whom /etc/passwd does not know.
ENV HOME=/nonexistent \
    PATH=/opt/plugin-operator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONFAULTHANDLER=1 \
    PLUGIN_OPERATOR_PLUGINS_DIR=/plugins
COPY --from=build /opt/plugin-operator /opt/plugin-operator
COPY plugins/ /plugins/
WORKDIR /
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["plugin-operator"]
CMD ["run"]
