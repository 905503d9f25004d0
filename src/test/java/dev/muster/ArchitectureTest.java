package dev.muster;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Who may know whom. The packages are listed in the order in which a request meets them.
@AnalyzeClasses(
        packages = "dev.muster",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.Written.class})
class ArchitectureTest {

    /// Leaves out what Spring generated ahead of time in an earlier build of the same directory.
    static final class Written implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("__");
        }
    }

    @ArchTest
    static final ArchRule EACH_PACKAGE_KNOWS_ONLY_WHAT_IT_BUILDS_ON = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("dev.muster..")
            .layer("wiring")
            .definedBy("dev.muster")
            .layer("lifecycle")
            .definedBy("dev.muster.lifecycle..")
            .layer("server")
            .definedBy("dev.muster.server..")
            .layer("web")
            .definedBy("dev.muster.web..")
            .layer("auth")
            .definedBy("dev.muster.auth..")
            .layer("request")
            .definedBy("dev.muster.request..")
            .layer("url")
            .definedBy("dev.muster.url..")
            .layer("plan")
            .definedBy("dev.muster.plan..")
            .layer("service")
            .definedBy("dev.muster.service..")
            .layer("fanout")
            .definedBy("dev.muster.fanout..")
            .layer("call")
            .definedBy("dev.muster.call..")
            .layer("cache")
            .definedBy("dev.muster.cache..")
            .layer("resilience")
            .definedBy("dev.muster.resilience..")
            .layer("egress")
            .definedBy("dev.muster.egress..")
            .layer("strategy")
            .definedBy("dev.muster.strategy..")
            .layer("response")
            .definedBy("dev.muster.response..")
            .layer("observability")
            .definedBy("dev.muster.observability..")
            .layer("demo")
            .definedBy("dev.muster.demo..")
            .whereLayer("wiring")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("lifecycle")
            .mayOnlyAccessLayers("auth", "request", "plan", "service", "egress", "demo")
            .whereLayer("server")
            .mayNotAccessAnyLayer()
            .whereLayer("web")
            .mayOnlyAccessLayers(
                    "server", "auth", "request", "plan", "service", "call", "fanout", "strategy", "response")
            .whereLayer("auth")
            .mayOnlyAccessLayers("plan")
            .whereLayer("request")
            .mayOnlyAccessLayers("url")
            .whereLayer("url")
            .mayNotAccessAnyLayer()
            .whereLayer("plan")
            .mayOnlyAccessLayers("request", "service", "url")
            .whereLayer("service")
            .mayOnlyAccessLayers("request", "url")
            .whereLayer("fanout")
            .mayOnlyAccessLayers("request", "plan", "call", "strategy")
            .whereLayer("call")
            .mayOnlyAccessLayers("request", "plan", "service", "cache", "egress", "resilience", "url")
            .whereLayer("cache")
            .mayNotAccessAnyLayer()
            .whereLayer("resilience")
            .mayOnlyAccessLayers("service")
            .whereLayer("egress")
            .mayOnlyAccessLayers("url")
            .whereLayer("strategy")
            .mayOnlyAccessLayers("request", "plan", "call")
            .whereLayer("response")
            .mayOnlyAccessLayers("request", "plan", "call", "strategy")
            .whereLayer("observability")
            .mayOnlyAccessLayers("request", "plan", "service", "fanout", "call", "resilience", "strategy", "url")
            .whereLayer("demo")
            .mayNotAccessAnyLayer()
            .ensureAllClassesAreContainedInArchitecture()
            .because("a request passes the packages in one direction, so that each can be read and tested alone");

    @ArchTest
    static final ArchRule THERE_ARE_NO_CYCLES = slices().matching("dev.muster.(*)..")
            .should()
            .beFreeOfCycles()
            .because("packages that know each other are one package");

    @ArchTest
    static final ArchRule NOTHING_KNOWS_WEB = noClasses()
            .that()
            .resideOutsideOfPackage("dev.muster.web..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.muster.web..")
            .because("HTTP is one way in; what a batch is and does holds for any");

    @ArchTest
    static final ArchRule DECISIONS_ARE_PURE = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.muster.request..",
                    "dev.muster.plan..",
                    "dev.muster.service..",
                    "dev.muster.cache..",
                    "dev.muster.response..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("reactor..")
            .because("what is decided before and after any I/O is plain data in, plain data out");

    @ArchTest
    static final ArchRule ONLY_CALL_SPEAKS_HTTP_TO_OTHERS = noClasses()
            .that()
            .resideOutsideOfPackage("dev.muster.call..")
            .and()
            .haveNameNotMatching("dev\\.muster\\.auth\\.KeyFetches(\\$.*)?")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "reactor.netty.http.client..",
                            "org.springframework.web.reactive.function.client..",
                            "org.springframework.web.client..",
                            "java.net.http..")
                    .as("are HTTP clients"))
            .because(
                    "a second client would be a way out that the egress policy does not see; Spring Security's own, which"
                            + " asks the configured issuer for its keys, is only held back");

    @ArchTest
    static final ArchRule ONLY_DEMO_OPENS_A_SERVER = noClasses()
            .that()
            .resideOutsideOfPackages("dev.muster.demo..", "dev.muster.server..", "dev.muster")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("reactor.netty.http.server..")
            .because(
                    "Spring's server is the one way in; the simulator is an upstream, and the servers of the warm-up are gone"
                            + " before that opens");

    @ArchTest
    static final ArchRule TIME_IS_INJECTED = noClasses()
            .that()
            .resideOutsideOfPackage("dev.muster.demo..")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(LocalDateTime.class, "now")
            .orShould()
            .callMethod(OffsetDateTime.class, "now")
            .orShould()
            .callMethod(ZonedDateTime.class, "now")
            .orShould()
            .callMethod(Clock.class, "systemUTC")
            .orShould()
            .callMethod(Clock.class, "systemDefaultZone")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .because("a deadline that reads the clock itself cannot be tested in virtual time");

    @ArchTest
    static final ArchRule NO_DECISION_READS_THE_WALL_CLOCK = noClasses()
            .that()
            .resideOutsideOfPackage("dev.muster.demo..")
            .and()
            .doNotHaveFullyQualifiedName("dev.muster.MusterConfiguration")
            .and()
            .doNotHaveFullyQualifiedName("dev.muster.web.BatchRoutes")
            .should()
            .callMethod(InstantSource.class, "system")
            .orShould()
            .callMethod(Clock.class, "system", ZoneId.class)
            .orShould()
            .callConstructor(Date.class)
            .because("it is set back and forth; who needs the time of day is given that of the start, carried on by the"
                    + " monotonic clock, and the ids of batches are names");

    @ArchTest
    static final ArchRule WHAT_OTHERS_NAME_IS_NOT_PROBED_FOR = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.muster.web..",
                    "dev.muster.request..",
                    "dev.muster.plan..",
                    "dev.muster.fanout..",
                    "dev.muster.call..",
                    "dev.muster.cache..",
                    "dev.muster.strategy..",
                    "dev.muster.response..")
            .should()
            .callMethod(Set.class, "copyOf", Collection.class)
            .orShould()
            .callMethod(Map.class, "copyOf", Map.class)
            .orShould()
            .callMethod(Collectors.class, "toUnmodifiableSet")
            .orShould()
            .callMethod(Collectors.class, "toUnmodifiableMap", Function.class, Function.class)
            .because(
                    "these probe linearly, so that names which collide cost the square of their number; a HashMap makes"
                            + " trees of them");

    @ArchTest
    static final ArchRule NO_PACKAGE_IS_A_DRAWER = noClasses()
            .should()
            .resideInAnyPackage("..util..", "..utils..", "..common..", "..helper..", "..manager..", "..impl..")
            .because("such a name says nothing about what its classes decide");

    @ArchTest
    static final ArchRule THE_CORE_DOES_NOT_KNOW_SPRING = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.muster.fanout..",
                    "dev.muster.call..",
                    "dev.muster.cache..",
                    "dev.muster.resilience..",
                    "dev.muster.strategy..",
                    "dev.muster.response..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework..")
            .because("the core runs in a test without a container");
}
