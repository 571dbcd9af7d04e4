# The product's processes, one image for all: which one runs is the command (docker-compose.yml).
# The local stack's servers are not in it; DynamoDB Local's licence would not allow it.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No scripts: none of the dependencies that stay needs one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    SENTINEL_LISTEN_HOST=0.0.0.0 \
    SENTINEL_METRICS_PORT=9464
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY domain domain
COPY contracts contracts
COPY ports ports
COPY policies policies
COPY workflows workflows
COPY activities activities
COPY consumers consumers
COPY api api
COPY workers workers
COPY platform platform
COPY stack stack
COPY cli cli
COPY deploy/prepare deploy/prepare
RUN mkdir /keys && chown node:node /keys
USER node
EXPOSE 3000 9464
# Node runs the TypeScript as it is; a process ends in order on SIGTERM.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning"]
CMD ["api/main.ts"]
