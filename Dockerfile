# The operator's image: Node, one bundled file, a user without rights.
# Build: docker build -t drainkeeper:0.1.0 .
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY src/drain-server/package.json src/drain-server/
RUN npm ci
COPY tsconfig.json LICENSE ./
COPY scripts scripts
COPY src src
RUN npm run build -- operator

# Only what a bundled program needs: the node binary and its libraries; no npm, no shell.
FROM node:24-bookworm-slim AS runtime
RUN mkdir -p /image/usr/local/bin /image/etc /image/tmp /image/app \
 && cp /usr/local/bin/node /image/usr/local/bin/ \
 && for library in $(ldd /usr/local/bin/node | grep -o '/[^ ]*'); do cp --parents -L "$library" /image/; done \
 && printf 'nonroot:x:65532:65532::/tmp:/sbin/nologin\n' > /image/etc/passwd \
 && chmod 1777 /image/tmp

FROM scratch
COPY --from=runtime /image /
COPY --from=build /src/dist/operator/ /src/LICENSE /app/
USER 65532:65532
ENV NODE_ENV=production PATH=/usr/local/bin
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/node", "/app/main.mjs"]
