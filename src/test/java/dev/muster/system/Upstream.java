package dev.muster.system;

import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.images.builder.Transferable;

/// A real nginx. `/` answers with the name it was given, `/drip` takes one to two seconds for its body.
final class Upstream extends GenericContainer<Upstream> {

    private static final String CONFIGURATION = """
            user nobody nogroup;
            pid /tmp/nginx.pid;
            error_log stderr;
            events { worker_connections 4096; }
            http {
                access_log off;
                default_type application/json;
                keepalive_requests 1000000;
                client_body_temp_path /tmp/body;
                proxy_temp_path /tmp/proxy;
                fastcgi_temp_path /tmp/fastcgi;
                uwsgi_temp_path /tmp/uwsgi;
                scgi_temp_path /tmp/scgi;
                server {
                    listen 8080;
                    location / { return 200 '{"from": "NAME"}'; }
                    location /large { root /srv; }
                    location /drip { limit_rate 200; return 200 '"BODY"'; }
                }
            }
            """;

    private static final int LARGE_BYTES = 1_000_000;

    Upstream(Network network, String name) {
        super("nginx:stable");
        withNetwork(network);
        withNetworkAliases(name);
        withCopyToContainer(
                Transferable.of(CONFIGURATION.replace("NAME", name).replace("BODY", "x".repeat(300))),
                "/etc/nginx/muster.conf");
        withCopyToContainer(Transferable.of("\"" + "x".repeat(LARGE_BYTES - 2) + "\""), "/srv/large");
        withCommand("nginx", "-c", "/etc/nginx/muster.conf", "-g", "daemon off;");
    }
}
