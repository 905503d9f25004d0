package dev.muster.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// Another commit of this repository, as it is built from a checkout of its own.
///
/// @param id  its whole hash
/// @param jar what its build makes
record Commit(String id, Path jar) {

    /// Checks `name` out, builds it, and leaves only its jar, which another run finds again.
    static Commit build(Path directory, String name) throws IOException, InterruptedException {
        String id = run(directory, Path.of(""), "git", "rev-parse", "--verify", name + "^{commit}")
                .strip();
        Path jar = directory.resolve("muster-" + id + ".jar");
        if (!Files.exists(jar)) {
            Path checkout = directory.resolve("checkout-" + id);
            run(directory, Path.of(""), "git", "worktree", "add", "--force", "--detach", checkout.toString(), id);
            try {
                run(directory, checkout, "./mvnw", "-B", "-ntp", "-q", "-DskipTests", "-Dmaven.test.skip", "package");
                Files.move(checkout.resolve("target/muster.jar"), jar, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                run(directory, Path.of(""), "git", "worktree", "remove", "--force", checkout.toString());
            }
        }
        return new Commit(id, jar);
    }

    private static String run(Path directory, Path in, String... command) throws IOException, InterruptedException {
        Path log = directory.resolve("commit.log");
        var process = new ProcessBuilder(List.of(command))
                .directory(in.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int status = process.waitFor();
        String output = Files.readString(log);
        if (status != 0) {
            throw new IOException("%s ended with %d: %s".formatted(String.join(" ", command), status, output));
        }
        return output;
    }

    String abbreviated() {
        return id.substring(0, 7);
    }
}
