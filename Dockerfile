# The environment of `make env`, for a CPU. For CUDA, a base with the toolkit:
#     docker build --build-arg BASE=nvidia/cuda:13.0.1-devel-ubuntu24.04 \
#         --build-arg FORCE_CUDA=1 .
ARG BASE=debian:bookworm-slim
FROM ${BASE}

RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        g++ make python3 python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/mmdet_sodgan
COPY LICENSE Makefile README.md model-index.yml pyproject.toml ./
COPY configs configs/
COPY constraints constraints/
COPY mmdet_sodgan mmdet_sodgan/
COPY tools tools/

# Without a default, the last two are unset unless they are given.
ARG TORCH=torch==2.13.0
ARG FORCE_CUDA
ARG TORCH_CUDA_ARCH_LIST
# The compiled wheel and pip's downloads would double the image.
RUN make env TORCH="${TORCH}" && rm -rf /root/.cache

ENV PATH=/opt/mmdet_sodgan/.venv/bin:${PATH}
CMD ["sodgan", "--help"]
