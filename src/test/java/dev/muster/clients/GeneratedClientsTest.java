package dev.muster.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.MusterApplication;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/// What openapi-generator makes of the document compiles and works, library by library.
@SpringBootTest(
        classes = MusterApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "management.server.port=0",
            "spring.profiles.active=demo",
            "muster.gateway.timeout=10s",
            "muster.services.a.timeout=8s",
            "muster.services.c.timeout=8s"
        })
@Timeout(60)
class GeneratedClientsTest {

    private static final Path GENERATED = Path.of("target/generated-clients");
    private static final Path WRITTEN = Path.of("src/test/clients");

    @LocalServerPort
    private int port;

    @TempDir
    private Path classes;

    @DynamicPropertySource
    static void simulator(DynamicPropertyRegistry properties) {
        SimulatorPort.choose(properties);
    }

    @TestFactory
    Stream<DynamicContainer> generatedClients() throws Exception {
        return Stream.of(container("native", "NativeClient"), container("restclient", "RestclientClient"));
    }

    private DynamicContainer container(String library, String name) throws Exception {
        GeneratedClient client = load(library, "client." + name);
        return DynamicContainer.dynamicContainer(
                library,
                List.of(
                        DynamicTest.dynamicTest("runs every strategy", client::runsEveryStrategy),
                        DynamicTest.dynamicTest("decodes what is late", client::decodesWhatIsLate),
                        DynamicTest.dynamicTest("decodes what has failed", client::decodesWhatHasFailed),
                        DynamicTest.dynamicTest("decodes faults", client::decodesFaults),
                        DynamicTest.dynamicTest("reads streams", client::readsStreams)));
    }

    private GeneratedClient load(String library, String name) throws Exception {
        Path generated = GENERATED.resolve(library).resolve("src/main/java");
        assertThat(generated).as("made by ./mvnw generate-test-resources").exists();
        Path output = classes.resolve(library);
        compile(output, generated, WRITTEN.resolve("java"), WRITTEN.resolve(library));

        var loader = new URLClassLoader(
                new URL[] {output.toUri().toURL()}, getClass().getClassLoader());
        return (GeneratedClient)
                loader.loadClass(name).getConstructor(String.class).newInstance("http://127.0.0.1:" + port);
    }

    private static void compile(Path output, Path... sources) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path source : sources) {
            try (var found = Files.walk(source)) {
                found.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> options = List.of(
                "-proc:none", "-nowarn", "-d", output.toString(), "-cp", System.getProperty("java.class.path", ""));
        var said = new StringWriter();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            said, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            assertThat(compiled).as("%s", said).isTrue();
        }
    }
}
