# The runtime image: what the compiled steps run in. It holds the locked `runtime` packages, Penstock itself,
# and the Python and small data of the systems in this repository; nothing is installed when a step starts.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY requirements/bootstrap.lock requirements/runtime.lock requirements/
RUN python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements/bootstrap.lock \
 && python -m venv --without-pip /opt/penstock \
 && /opt/build/bin/uv pip install --python /opt/penstock/bin/python --no-cache --compile-bytecode \
      --no-deps --require-hashes -r requirements/runtime.lock
COPY pyproject.toml LICENSE README.md ./
COPY src src
RUN /opt/build/bin/hatchling build --target wheel --directory dist \
 && /opt/build/bin/uv pip install --python /opt/penstock/bin/python --no-cache --compile-bytecode \
      --no-deps dist/*.whl

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/penstock /opt/penstock
WORKDIR /workspace
COPY systems systems
COPY data data
ENV PATH=/opt/penstock/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    MLFLOW_DISABLE_TELEMETRY=true
USER 65532:65532
ENTRYPOINT ["penstock-step"]
