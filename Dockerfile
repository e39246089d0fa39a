# Built from the repository root: `docker build .`. It needs no BuildKit extension, so old and new engines build it alike.
FROM rust:1.95-slim-bookworm AS builder
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package stoa-api --bin stoa

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/stoa --shell /usr/sbin/nologin stoa \
    && install --directory --owner=stoa --group=stoa --mode=0700 /var/lib/stoa
COPY --from=builder /src/LICENSE-MIT /src/LICENSE-APACHE /src/THIRD_PARTY_NOTICES.md /usr/share/doc/stoa/
COPY --from=builder /src/target/release/stoa /usr/local/bin/stoa

# The master key lives in the data directory: keep it on a volume, or give STOA_MASTER_KEY. Without it the database does
# not open.
ENV STOA_LISTEN=0.0.0.0:8080 \
    STOA_DATA_DIR=/var/lib/stoa
USER stoa
WORKDIR /var/lib/stoa
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["stoa", "health"]
CMD ["stoa", "serve", "--migrate"]
