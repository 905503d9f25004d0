# Muster's image. Needs BuildKit, which Docker has by default since version 23:
#
#   docker build -t muster .
#   docker build -t muster --build-arg JAR=given .    takes target/muster.jar as it is, instead of building it
#
# What is read from the network is the base images and Maven's dependencies, the latter only when it builds the jar.

ARG BUILD_IMAGE=eclipse-temurin:25-jdk
ARG RUNTIME_IMAGE=eclipse-temurin:25-jre
# `built` or `given`
ARG JAR=built

# --- The jar: from these sources, or as it is

FROM ${BUILD_IMAGE} AS built
WORKDIR /muster
COPY .mvn .mvn
COPY mvnw pom.xml ./
COPY src src
# The tests have their own place, which is `verify`: here they would lack what they need.
RUN --mount=type=cache,target=/root/.m2 ./mvnw -B -ntp -DskipTests -Dspotless.check.skip package

FROM scratch AS given
COPY target/muster.jar /muster/target/muster.jar

FROM ${JAR} AS jar

# --- The jar in layers, which change one more seldom than the other

FROM ${BUILD_IMAGE} AS layers
WORKDIR /layers
COPY --from=jar /muster/target/muster.jar /muster.jar
COPY src/image /image
RUN java -Djarmode=tools -jar /muster.jar extract --layers --destination . --force \
    # Netty would unpack its native transport and TLS when it starts, for which a read-only file system has no room.
 && mkdir -p native sbom tools \
 && for library in dependencies/lib/netty-transport-native-epoll-*.jar dependencies/lib/netty-tcnative-*-linux-*.jar; do \
        (cd native && jar xf "../$library" META-INF/native && mv META-INF/native/*.so . && rm -r META-INF); \
    done \
 && (cd sbom && jar xf /muster.jar META-INF/sbom && mv META-INF/sbom/* . && rm -r META-INF) \
 && javac -d tools /image/*.java

# --- What runs

FROM ${RUNTIME_IMAGE} AS app
WORKDIR /app
# One heap of the C library in place of one a thread, each with its fragments; nothing here allocates from it often.
ENV MALLOC_ARENA_MAX=1
COPY --from=layers /layers/native native
COPY --from=layers /layers/dependencies .
COPY --from=layers /layers/snapshot-dependencies .
COPY --from=layers /layers/application .
COPY --from=layers /layers/sbom sbom
COPY --from=layers /layers/tools/HealthCheck.class /layers/tools/SendBatch.class tools/
COPY src/image/java.options .

# Trained where it will run: the cache serves this JVM, this class path and these flags only.
FROM app AS trained
COPY --from=layers /layers/tools/Training.class /training/
RUN java -cp /training Training /app/muster.aot java @/app/java.options -jar /app/muster.jar

FROM app
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Muster" \
      org.opencontainers.image.description="HTTP aggregation: fan a batch of calls out, answer the way the client asked, on time." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=trained /app/muster.aot .
# The endpoint `sbom` reads it, where a deployment exposes that.
ENV MANAGEMENT_ENDPOINT_SBOM_APPLICATION_LOCATION=file:/app/sbom/application.cdx.json
# A number, so that a kubelet can tell that it is not root.
USER 10001:10001
EXPOSE 8080 8081
# For engines without probes of their own. A JVM each time, but a small one; nothing else in the image speaks HTTP.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx8m", "-cp", "/app/tools", "HealthCheck"]
ENTRYPOINT ["java", "-XX:AOTCache=/app/muster.aot", "@/app/java.options", "-jar", "/app/muster.jar"]
