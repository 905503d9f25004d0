package dev.muster.lifecycle;

import java.io.PrintStream;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.context.ConfigurableApplicationContext;

/// A start that ends once the configuration was checked: `--check`.
///
/// It is an ordinary start until then, so that what it finds valid is what starts.
public final class CheckOnly {

    private static final String ARGUMENT = "--check";

    private CheckOnly() {}

    /// Whether nothing else is asked for by `arguments`.
    public static boolean isAskedForBy(String... arguments) {
        return List.of(arguments).contains(ARGUMENT);
    }

    /// Runs `start`, and says on `output` that the configuration is valid. If it is not, `start` fails and has said so.
    public static void run(Runnable start, PrintStream output) {
        try {
            SpringApplication.withHook(_ -> new Abandon(), start);
        } catch (SpringApplication.AbandonedRunException _) {
            output.println("configuration is valid");
        }
    }

    private static final class Abandon implements SpringApplicationRunListener {

        /// The configuration was checked just before.
        @Override
        public void contextPrepared(ConfigurableApplicationContext context) {
            throw new SpringApplication.AbandonedRunException(context);
        }
    }
}
