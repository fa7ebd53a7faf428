# syntax=docker/dockerfile:1
# The hub with its pages, run by a user without rights. Data lies in /var/lib/preau, the settings in /etc/preau.
#
#   docker build -t preau .
#   docker run -p 8080:8080 -v preau:/var/lib/preau -v ./preau.toml:/etc/preau/preau.toml:ro preau

FROM node:22-bookworm-slim AS web
WORKDIR /build/web
COPY web/ ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund && npm run build

FROM rust:1.95.0-bookworm AS hub
WORKDIR /build
COPY . ./
COPY --from=web /build/web/app/dist ./web/app/dist
# The target folder is a cache of the builder's, so the binary is copied out of it in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin preau && cp target/release/preau /usr/local/bin/preau

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/preau --shell /usr/sbin/nologin preau \
    && install -d -o preau -g preau -m 0750 /var/lib/preau
COPY --from=hub /usr/local/bin/preau /usr/local/bin/preau
USER preau
WORKDIR /var/lib/preau
VOLUME /var/lib/preau
ENV PREAU_ADDR=0.0.0.0:8080
EXPOSE 8080
# The hub drains on SIGTERM: give it as long with `docker stop -t`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["/usr/local/bin/preau"]
CMD ["serve", "--config", "/etc/preau/preau.toml"]
