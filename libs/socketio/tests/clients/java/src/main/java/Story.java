// io.socket:socket.io-client. Usage: java Story URL polling|websocket|upgrade

import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import io.socket.engineio.client.transports.Polling;
import io.socket.engineio.client.transports.WebSocket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.json.JSONArray;
import org.json.JSONObject;

public class Story {
  static final int PATIENCE = 10;
  static String url, way;

  static void ok(String step, boolean condition, Object seen) {
    if (!condition) {
      System.err.println("wrong: " + step + ": " + seen);
      System.exit(1);
    }
    System.out.println("ok " + step);
  }

  record Heard(String event, Object[] arguments) {}

  // A client, connected or refused; what it hears lands in a queue.
  static class Client {
    final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    final Socket socket;

    Client(String namespace, Map<String, String> auth) throws Exception {
      IO.Options options = IO.Options.builder().setForceNew(true).setReconnectionDelay(100).setReconnectionDelayMax(500).setAuth(auth).build();
      if (way.equals("polling")) options.transports = new String[] {Polling.NAME};
      if (way.equals("websocket")) options.transports = new String[] {WebSocket.NAME};
      socket = IO.socket(URI.create(url + namespace), options);
      for (String event : List.of(Socket.EVENT_CONNECT, Socket.EVENT_CONNECT_ERROR, Socket.EVENT_DISCONNECT))
        socket.on(event, arguments -> heard.add(new Heard(event, arguments)));
      socket.onAnyIncoming(arguments -> heard.add(new Heard((String) arguments[0], Arrays.copyOfRange(arguments, 1, arguments.length))));
      socket.on("question", arguments -> ((Ack) arguments[arguments.length - 1]).call((Integer) arguments[0] + 1));
      socket.connect();
    }

    Object[] hear(String event) throws Exception {
      while (true) {
        Heard one = heard.poll(PATIENCE, TimeUnit.SECONDS);
        if (one == null) ok("hear " + event, false, "nothing came");
        if (one.event().equals(event)) return one.arguments();
      }
    }

    Object[] call(String event, Object... arguments) throws Exception {
      BlockingQueue<Object[]> answers = new LinkedBlockingQueue<>();
      socket.emit(event, arguments, answers::add);
      Object[] answer = answers.poll(PATIENCE, TimeUnit.SECONDS);
      if (answer == null) ok("answer to " + event, false, "nothing came");
      return answer;
    }
  }

  static String text(Object[] values) {
    return Arrays.deepToString(values);
  }

  public static void main(String[] given) throws Exception {
    url = given[0];
    way = given[1];

    Client a = new Client("/", Map.of("token", "t"));
    JSONObject auth = (JSONObject) a.hear("auth")[0];
    ok("auth", auth.getString("token").equals("t"), auth);

    for (int i = 0; i < 300; i++) a.socket.emit("message", i, "ä漢😀");
    List<Object> seen = new ArrayList<>();
    boolean right = true;
    for (int i = 0; i < 300; i++) {
      Object[] back = a.hear("message-back");
      seen.add(back[0]);
      right = right && back[0].equals(i) && back[1].equals("ä漢😀");
    }
    ok("300 there and back in order", right, seen);

    a.socket.emit("burst", 300);
    seen.clear();
    right = true;
    for (int i = 0; i < 300; i++) {
      Object got = a.hear("burst")[0];
      seen.add(got);
      right = right && got.equals(i);
    }
    ok("300 from the server in order", right, seen);

    byte[] bytes = {0, 0x1e, -1}, large = new byte[2000];
    Arrays.fill(large, (byte) 1);
    a.socket.emit("message", bytes, new JSONObject().put("deep", new JSONArray().put(large).put(new byte[0])));
    Object[] back = a.hear("message-back");
    JSONArray deep = ((JSONObject) back[1]).getJSONArray("deep");
    ok("binary", Arrays.equals((byte[]) back[0], bytes) && Arrays.equals((byte[]) deep.get(0), large) && ((byte[]) deep.get(1)).length == 0, text(back));

    right = true;
    for (int i = 0; i < 100; i++) right = right && a.call("message-with-ack", i)[0].equals(i);
    ok("acknowledged", right, null);
    Object[] answer = a.call("message-with-ack", (Object) new byte[] {7, 8});
    ok("acknowledged with binary", Arrays.equals((byte[]) answer[0], new byte[] {7, 8}), text(answer));
    a.socket.emit("ask-me", 41);
    Object[] answered = a.hear("answered");
    ok("asked by the server", ((JSONArray) answered[0]).getInt(0) == 42, text(answered));

    Client b = new Client("/", Map.of());
    b.hear("auth");
    a.call("join", "room");
    b.call("join", "room");
    a.socket.emit("to-room", "room", "hello");
    Object[] said = b.hear("from-room");
    ok("room", said[0].equals("hello"), text(said));
    a.call("message-with-ack", 0);
    ok("not to the sender", a.heard.stream().noneMatch(one -> one.event().equals("from-room")), null);

    Client custom = new Client("/custom", Map.of("x", "1"));
    auth = (JSONObject) custom.hear("auth")[0];
    ok("namespaces", auth.getString("x").equals("1"), auth);
    ok("a socket of its own in each", !custom.socket.id().equals(a.socket.id()), null);

    JSONObject refused = (JSONObject) new Client("/secret", Map.of()).hear(Socket.EVENT_CONNECT_ERROR)[0];
    ok("refused by /secret", refused.getString("message").equals("not you") && refused.getJSONObject("data").getString("code").equals("unauthorized"), refused);
    refused = (JSONObject) new Client("/nope", Map.of()).hear(Socket.EVENT_CONNECT_ERROR)[0];
    ok("refused by /nope", refused.getString("message").equals("Invalid namespace"), refused);
    b.socket.disconnect();
    custom.socket.disconnect();

    a.heard.clear();
    System.out.println("restart");
    auth = (JSONObject) a.hear("auth")[0];
    ok("reconnected", auth.getString("token").equals("t"), auth);
    answer = a.call("message-with-ack", "again");
    ok("answers again", answer[0].equals("again"), text(answer));
    a.socket.disconnect();
    System.exit(0); // its threads would keep it
  }
}
