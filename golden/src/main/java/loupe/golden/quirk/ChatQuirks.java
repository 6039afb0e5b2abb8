package loupe.golden.quirk;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import loupe.gemma2.ChatFormat;

/** The form of a conversation. */
final class ChatQuirks {
  private ChatQuirks() {}

  static void addTo(Map<String, Function<List<ChatFormat.Message>, String>> zoo) {
    zoo.put("chat-content-not-trimmed", messages -> form(messages, "model", "\n", false, "\n"));
    zoo.put("chat-role-assistant", messages -> form(messages, "assistant", "\n", true, "\n"));
    zoo.put("chat-no-newline-after-turn", messages -> form(messages, "model", "", true, "\n"));
    zoo.put("chat-reply-without-newline", messages -> form(messages, "model", "\n", true, ""));
    zoo.put("chat-bos-in-the-text", messages -> "<bos>" + ChatFormat.prompt(messages));
    zoo.put(
        "chat-no-reply-begun",
        messages -> {
          String text = ChatFormat.prompt(messages);
          return text.substring(0, text.lastIndexOf("<start_of_turn>"));
        });
    zoo.put(
        "chat-turns-as-llama",
        messages -> {
          StringBuilder text = new StringBuilder();
          messages.forEach(m -> text.append("[INST] ").append(m.content()).append(" [/INST]"));
          return text.toString();
        });
  }

  private static String form(
      List<ChatFormat.Message> messages,
      String model,
      String afterTurn,
      boolean trims,
      String afterReply) {
    StringBuilder text = new StringBuilder();
    for (ChatFormat.Message message : messages) {
      String role = message.role().equals("user") ? "user" : model;
      String content = trims ? message.content().strip() : message.content();
      text.append("<start_of_turn>%s\n%s<end_of_turn>%s".formatted(role, content, afterTurn));
    }
    return text.append("<start_of_turn>").append(model).append(afterReply).toString();
  }
}
