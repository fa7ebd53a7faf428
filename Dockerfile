# syntax=docker/dockerfile:1
# The hub with its pages, run by a user without rights (10001). The store lies in /var/lib/preau/data, the roster is read from
# /var/lib/preau/roster, the settings are those of config/preau.toml unless another file or the environment says otherwise.
#
#   docker build -t preau .
#   docker run -p 8080:8080 -v preau:/var/lib/preau -v ./roster:/var/lib/preau/roster:ro preau
#
# Put a proxy that speaks TLS in front. Stop it with `docker stop -t 30`: draining can take longer than the usual ten seconds.

FROM node:22-bookworm-slim AS web
WORKDIR /build/web
COPY web/ ./
# The declaration that the pages link to is made of it.
COPY docs/ACCESSIBILITY.md /build/docs/
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund && npm run build

FROM rust:1.95.0-bookworm AS hub
WORKDIR /build
COPY . ./
COPY --from=web /build/web/app/dist ./web/app/dist
COPY --from=web /build/web/app/dist-operations ./web/app/dist-operations
# The target folder is a cache of the builder's, so the binary is copied out of it in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin preau && cp target/release/preau /usr/local/bin/preau

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/preau --shell /usr/sbin/nologin preau \
    && install -d -o preau -g preau -m 0750 /var/lib/preau
COPY --from=hub /usr/local/bin/preau /usr/local/bin/preau
COPY config/preau.toml /etc/preau/preau.toml
USER preau
WORKDIR /var/lib/preau
VOLUME /var/lib/preau
# Over the file, whose address only the container itself could reach. The check below asks at the same port.
ENV PREAU_ADDR=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["/usr/local/bin/preau"]
CMD ["serve", "--config", "/etc/preau/preau.toml"]
