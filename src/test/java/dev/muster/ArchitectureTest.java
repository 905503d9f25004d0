package dev.muster;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.netty.channel.ChannelHandler;
import io.netty.channel.IoHandler;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.NameResolver;
import io.netty.resolver.dns.DnsCache;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Who may know whom.
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

    /// A package of `dev.muster`, and those that it is built on.
    private record Floor(String name, List<String> builtOn) {

        private static Floor of(String name, String... builtOn) {
            return new Floor(name, List.of(builtOn));
        }
    }

    /// From the top to the bottom: nobody is built on what stands above.
    private static final List<Floor> HOUSE = List.of(
            Floor.of(
                    "lifecycle",
                    "observability",
                    "server",
                    "auth",
                    "fanout",
                    "admission",
                    "call",
                    "resilience",
                    "upstream",
                    "egress",
                    "plan",
                    "service",
                    "views",
                    "request",
                    "demo"),
            Floor.of(
                    "web",
                    "server",
                    "auth",
                    "detached",
                    "answer",
                    "views",
                    "fanout",
                    "strategy",
                    "admission",
                    "cache",
                    "outcome",
                    "plan",
                    "service",
                    "request"),
            Floor.of(
                    "observability",
                    "fanout",
                    "strategy",
                    "admission",
                    "call",
                    "resilience",
                    "upstream",
                    "outcome",
                    "plan",
                    "service",
                    "request",
                    "url"),
            Floor.of("server", "fanout", "admission", "upstream", "plan"),
            Floor.of("auth", "admission", "plan", "service", "request", "url"),
            Floor.of("detached", "answer", "fanout", "strategy", "admission", "call", "outcome", "plan", "request"),
            Floor.of("answer", "strategy", "outcome", "plan", "request", "template"),
            Floor.of("fanout", "strategy", "admission", "call", "upstream", "outcome", "plan", "request", "template"),
            Floor.of("strategy", "outcome", "plan", "request"),
            Floor.of("admission", "upstream", "plan", "service", "request", "url"),
            Floor.of(
                    "call",
                    "cache",
                    "resilience",
                    "upstream",
                    "egress",
                    "outcome",
                    "plan",
                    "service",
                    "request",
                    "url"),
            Floor.of("cache", "url"),
            Floor.of("resilience", "service"),
            Floor.of("upstream", "egress", "outcome", "plan", "service", "request", "url"),
            Floor.of("egress", "url"),
            Floor.of("outcome", "plan", "request", "template"),
            Floor.of("plan", "service", "request", "template", "url"),
            Floor.of("service", "request", "url"),
            Floor.of("views", "request", "template"),
            Floor.of("request", "template", "url"),
            Floor.of("template"),
            Floor.of("url"),
            Floor.of("demo"));

    @ArchTest
    static final ArchRule EACH_PACKAGE_KNOWS_ONLY_WHAT_IT_IS_BUILT_ON = house();

    private static ArchRule house() {
        var house = layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.muster..")
                .layer("wiring")
                .definedBy("dev.muster")
                .whereLayer("wiring")
                .mayNotBeAccessedByAnyLayer();
        for (Floor floor : HOUSE) {
            house = house.layer(floor.name()).definedBy("dev.muster." + floor.name() + "..");
        }
        for (Floor floor : HOUSE) {
            var layer = house.whereLayer(floor.name());
            house = floor.builtOn().isEmpty()
                    ? layer.mayNotAccessAnyLayer()
                    : layer.mayOnlyAccessLayers(floor.builtOn().toArray(String[]::new));
        }
        return house.ensureAllClassesAreContainedInArchitecture()
                .because("a request passes the packages in one direction, so that each can be read and tested alone");
    }

    @Test
    void noFloorIsBuiltOnWhatStandsAboveIt() {
        for (int i = 0; i < HOUSE.size(); i++) {
            List<String> below =
                    HOUSE.subList(i + 1, HOUSE.size()).stream().map(Floor::name).toList();
            assertThat(below).containsAll(HOUSE.get(i).builtOn());
        }
    }

    @ArchTest
    static final ArchRule THERE_ARE_NO_CYCLES = slices().matching("dev.muster.(*)..")
            .should()
            .beFreeOfCycles()
            .because("packages that know each other are one package");

    /// What is private has no name outside its file.
    @ArchTest
    static void oneWordHasOneMeaning(JavaClasses classes) {
        Map<String, List<String>> bearers = classes.stream()
                .filter(type -> !type.isAnonymousClass() && !type.getModifiers().contains(JavaModifier.PRIVATE))
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(
                        JavaClass::getSimpleName, Collectors.mapping(JavaClass::getName, Collectors.toList())));

        assertThat(bearers.values())
                .as("classes of one name")
                .allSatisfy(named -> assertThat(named).hasSize(1));
    }

    /// Beyond it a call of the constructor or method cannot be read, and what belongs together has no name.
    private static final int MOST_PARAMETERS = 8;

    /// Records are made by such a constructor, too.
    @ArchTest
    static void whatBelongsTogetherIsAGroup(JavaClasses classes) {
        assertThat(classes.stream()
                        .flatMap(type -> type.getCodeUnits().stream())
                        .filter(unit -> !unit.getModifiers().contains(JavaModifier.SYNTHETIC))
                        .filter(unit -> unit.getRawParameterTypes().size() > MOST_PARAMETERS)
                        .map(JavaCodeUnit::getFullName))
                .as("constructors and methods of more than %d parameters", MOST_PARAMETERS)
                .isEmpty();
    }

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
                    "dev.muster.template..",
                    "dev.muster.request..",
                    "dev.muster.views..",
                    "dev.muster.plan..",
                    "dev.muster.service..",
                    "dev.muster.cache..",
                    "dev.muster.outcome..",
                    "dev.muster.answer..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("reactor..")
            .because("what is decided before and after any I/O is plain data in, plain data out");

    @ArchTest
    static final ArchRule ONLY_UPSTREAM_SPEAKS_HTTP_TO_OTHERS = noClasses()
            .that()
            .resideOutsideOfPackage("dev.muster.upstream..")
            .and()
            .haveNameNotMatching("dev\\.muster\\.auth\\.KeyFetches(\\$.*)?")
            .and()
            .haveNameNotMatching("dev\\.muster\\.(MusterConfiguration|ServiceFilters)(\\$.*)?")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "reactor.netty.http.client..",
                            "org.springframework.web.reactive.function.client..",
                            "org.springframework.web.client..",
                            "java.net.http..")
                    .as("are HTTP clients"))
            .because(
                    "a second client would be a way out that the egress policy does not see; Spring Security's own, which"
                            + " asks the configured issuer for its keys, is only held back, and the wiring hands filters over");

    @ArchTest
    static final ArchRule NETTYS_CHANNELS_ARE_TOUCHED_IN_THREE_PLACES = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.muster.server..", "dev.muster.upstream..", "dev.muster.egress..", "dev.muster.demo..")
            .and()
            .haveNameNotMatching("dev\\.muster\\.(MusterConfiguration|lifecycle\\.WarmUp)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty.channel..", "reactor.netty..")
            .because("who changes how Netty works has to know all of it; the wiring hands its event loops on, and the"
                    + " warm-up is a client, a server and an upstream of its own, gone before the port opens");

    /// Where Netty is taken apart, a test says by name what of Netty's own behaviour asks for it.
    @ArchTest
    static void everyPieceThatHangsInNettyHasATestOfWhatItAnswers(JavaClasses classes) {
        Map<String, String> tests = Map.of(
                "dev.muster.server", "NettyServerBehaviourTest",
                "dev.muster.upstream", "NettyClientBehaviourTest",
                "dev.muster.egress", "NettyResolverBehaviourTest");
        List<Class<?>> places = List.of(
                ChannelHandler.class,
                IoHandler.class,
                HttpHeaders.class,
                AddressResolver.class,
                NameResolver.class,
                DnsCache.class);
        Set<String> pieces = classes.stream()
                .filter(type -> tests.containsKey(type.getPackageName()))
                .filter(type -> places.stream().anyMatch(type::isAssignableTo))
                .map(ArchitectureTest::outermost)
                .map(type -> "%s.%s$Of%s"
                        .formatted(type.getPackageName(), tests.get(type.getPackageName()), type.getSimpleName()))
                .collect(Collectors.toSet());

        assertThat(pieces)
                .hasSizeGreaterThan(10)
                .allSatisfy(test ->
                        assertThatNoException().as("there is no class %s", test).isThrownBy(() -> Class.forName(test)));
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
    }

    @ArchTest
    static final ArchRule NETTYS_TYPES_END_IN_UPSTREAM = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.muster.call..",
                    "dev.muster.cache..",
                    "dev.muster.resilience..",
                    "dev.muster.outcome..",
                    "dev.muster.strategy..",
                    "dev.muster.answer..",
                    "dev.muster.observability..",
                    "dev.muster.plan..",
                    "dev.muster.service..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", "reactor.netty..")
            .because("what became of a call is told in words of our own");

    @ArchTest
    static final ArchRule ONLY_DEMO_OPENS_A_SERVER = noClasses()
            .that()
            .resideOutsideOfPackages("dev.muster.demo..", "dev.muster.server..", "dev.muster")
            .and()
            .haveNameNotMatching("dev\\.muster\\.lifecycle\\.WarmUp(\\$.*)?")
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
                    "dev.muster.admission..",
                    "dev.muster.fanout..",
                    "dev.muster.call..",
                    "dev.muster.cache..",
                    "dev.muster.upstream..",
                    "dev.muster.outcome..",
                    "dev.muster.strategy..",
                    "dev.muster.answer..")
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
                    "dev.muster.admission..",
                    "dev.muster.fanout..",
                    "dev.muster.call..",
                    "dev.muster.cache..",
                    "dev.muster.resilience..",
                    "dev.muster.outcome..",
                    "dev.muster.strategy..",
                    "dev.muster.answer..")
            .and()
            .doNotHaveFullyQualifiedName("dev.muster.admission.CallersProperties")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework..")
            .because("the core runs in a test without a container; what is left out hands it Spring's properties");

    @ArchTest
    static final ArchRule UPSTREAM_KNOWS_ITS_WEB_CLIENT_AND_NO_CONTAINER = noClasses()
            .that()
            .resideInAPackage("dev.muster.upstream..")
            .and()
            .doNotHaveFullyQualifiedName("dev.muster.upstream.BundledTls")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework.beans..", "org.springframework.boot..", "org.springframework.context..")
            .because("it runs in a test without a container, too; what is left out hands it Spring's certificates");
}
