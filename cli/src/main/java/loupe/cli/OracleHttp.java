package loupe.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import loupe.golden.oracle.Oracle;
import loupe.reference.InputException;

/**
 * The oracle's messages over HTTP on loopback: POST a request, or several lines of them, get as
 * many lines back. A page that somebody has open in a browser must not reach it: requests with an
 * Origin of another place, or a Host that is not this computer's (as after DNS rebinding), are
 * refused.
 */
final class OracleHttp {
  private static final int THREADS = 4;
  private static final Set<String> HOSTS = Set.of("127.0.0.1", "localhost", "[::1]");

  private final Oracle oracle;
  private final int port;

  private OracleHttp(Oracle oracle, int port) {
    this.oracle = oracle;
    this.port = port;
  }

  /** Serves until the process ends. */
  static void serve(Oracle oracle, int port, Terminal terminal)
      throws IOException, InterruptedException {
    HttpServer server = start(oracle, port);
    terminal.note("listening on http://127.0.0.1:" + server.getAddress().getPort() + "/");
    new CountDownLatch(1).await();
  }

  /** A server that runs; port 0 takes a free one. */
  static HttpServer start(Oracle oracle, int port) throws IOException {
    // Read by the server's class when it is first used. A body that is refused is not waited for,
    // and
    // a client that dawdles does not keep a thread.
    System.setProperty("sun.net.httpserver.drainAmount", "0");
    System.setProperty("sun.net.httpserver.maxReqTime", "60");
    System.setProperty("sun.net.httpserver.maxRspTime", "60");
    HttpServer server;
    try {
      InetAddress loopback = InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
      server = HttpServer.create(new InetSocketAddress(loopback, port), 0);
    } catch (BindException e) {
      throw new InputException("--http: port " + port + " cannot be had: " + e.getMessage(), e);
    }
    OracleHttp http = new OracleHttp(oracle, server.getAddress().getPort());
    ExecutorService threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "loupe-http");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", http::handle);
    server.start();
    return server;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!isLocal(exchange)) {
        send(
            exchange, 403, "text/plain", "only this computer may ask, by 127.0.0.1 or localhost\n");
      } else if (!exchange.getRequestURI().getPath().equals("/")) {
        send(exchange, 404, "text/plain", "there is only /\n");
      } else if (exchange.getRequestMethod().equals("POST")) {
        post(exchange);
      } else if (exchange.getRequestMethod().equals("GET")) {
        send(exchange, 200, "text/html", page());
      } else {
        exchange.getResponseHeaders().set("Allow", "GET, POST");
        send(exchange, 405, "text/plain", "GET and POST are known here\n");
      }
    }
  }

  private boolean isLocal(HttpExchange exchange) {
    List<String> hosts = exchange.getRequestHeaders().getOrDefault("Host", List.of());
    if (hosts.size() != 1 || !isOurs(hosts.get(0))) {
      return false;
    }
    for (String origin : exchange.getRequestHeaders().getOrDefault("Origin", List.of())) {
      if (!origin.startsWith("http://") || !isOurs(origin.substring("http://".length()))) {
        return false;
      }
    }
    return true;
  }

  private boolean isOurs(String authority) {
    return HOSTS.stream().anyMatch(host -> authority.equalsIgnoreCase(host + ":" + port));
  }

  private void post(HttpExchange exchange) throws IOException {
    int limit = oracle.limits().lineBytes();
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    if (length != null && (length.length() > 18 || Long.parseLong(length) > limit)) {
      send(exchange, 413, "text/plain", "a body has at most " + limit + " bytes\n");
      return;
    }
    byte[] body;
    try (InputStream in = exchange.getRequestBody()) {
      body = in.readNBytes(limit + 1);
    }
    if (body.length > limit) {
      send(exchange, 413, "text/plain", "a body has at most " + limit + " bytes\n");
      return;
    }
    MessageLines lines = new MessageLines(new ByteArrayInputStream(body), limit);
    StringBuilder replies = new StringBuilder();
    for (var reply = lines.answer(oracle); reply != null; reply = lines.answer(oracle)) {
      replies.append(reply.json()).append('\n');
      if (replies.length() > 4L * limit) {
        send(exchange, 413, "text/plain", "the replies are too long for one body\n");
        return;
      }
    }
    send(exchange, 200, "application/json", replies.toString());
  }

  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private String page() {
    return """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Loupe: the oracle</title>
        <style>
          body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
          pre { background: #f2f2ee; padding: 1rem; overflow-x: auto }
        </style>
        <h1>Loupe: the oracle</h1>
        <p>This is a program on your own computer that answers questions about the numbers of
        Gemma 2 and of sparse autoencoders. It is meant for tests, not for browsers: send it a
        request by POST.</p>
        <pre>curl -s http://127.0.0.1:%d/ -d '{"id":1,"op":"hello"}'</pre>
        <p>The reply to <code>hello</code> lists the operations; <code>describe</code> explains one of
        them. A body may have several requests, one on each line.</p>
        </html>
        """
        .formatted(port);
  }
}
