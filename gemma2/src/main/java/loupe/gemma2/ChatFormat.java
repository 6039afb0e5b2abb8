package loupe.gemma2;

import java.util.List;
import loupe.reference.InputException;

/**
 * The chat template of the instruction-tuned models (their tokenizer_config.json): each turn is
 * {@code <start_of_turn>role\ncontent<end_of_turn>\n}, and a wanted reply begins with {@code
 * <start_of_turn>model\n}. {@code <bos>} comes once, at the very front; here it is left to the
 * tokenizer, so it cannot come twice.
 */
public final class ChatFormat {
  private ChatFormat() {}

  /**
   * One message.
   *
   * @param role {@code user}, or {@code model} (also called {@code assistant})
   * @param content its text; white space at both ends is dropped
   */
  public record Message(String role, String content) {}

  /**
   * The prompt for a reply, without {@code <bos>}.
   *
   * @throws InputException for a system message (Gemma 2 has none), an unknown role, or turns that
   *     do not alternate, beginning with the user
   */
  public static String prompt(List<Message> messages) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < messages.size(); i++) {
      String role = role(messages.get(i).role());
      if (!role.equals(i % 2 == 0 ? "user" : "model")) {
        throw new InputException(
            "message %d is of role %s; turns must alternate user, model, user, ..."
                .formatted(i, messages.get(i).role()));
      }
      text.append("<start_of_turn>").append(role).append('\n');
      text.append(trim(messages.get(i).content())).append("<end_of_turn>\n");
    }
    return text.append("<start_of_turn>model\n").toString();
  }

  private static String role(String role) {
    return switch (role) {
      case "user" -> "user";
      case "model", "assistant" -> "model";
      case "system" ->
          throw new InputException(
              "Gemma 2 has no system role; put the instruction into the first user message");
      default -> throw new InputException("the role '" + role + "' is unknown; use user or model");
    };
  }

  /**
   * Drops what Python's {@code str.strip} drops: the template engine of the original is Python's.
   */
  private static String trim(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isPythonSpace(text.charAt(from))) {
      from++;
    }
    while (to > from && isPythonSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isPythonSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }
}
