import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// Ends with 0 when Muster in this container is live, else with 1.
///
/// For engines that know no probes of their own, such as Docker and Compose; a kubelet asks over HTTP. A plain socket,
/// since an HTTP client would have more classes to load than all of this.
public final class HealthCheck {

    private static final int PATIENCE_MILLIS = 2_000;

    public static void main(String[] arguments) {
        String configured = System.getenv("MANAGEMENT_SERVER_PORT");
        int port = configured == null ? 8081 : Integer.parseInt(configured);
        System.exit(isLive(port) ? 0 : 1);
    }

    private static boolean isLive(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream()
                    .write("GET /actuator/health/liveness HTTP/1.0\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return status.startsWith("HTTP/1.") && status.endsWith(" 200");
        } catch (IOException notAnswering) {
            return false;
        }
    }
}
