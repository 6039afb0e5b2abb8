package loupe.gemma2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import loupe.gemma2.ChatFormat.Message;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;

class ChatFormatTest {
  @Test
  void theTemplateIsByteExact() {
    String prompt =
        ChatFormat.prompt(
            List.of(
                new Message("user", " Hi\n\n"),
                new Message("assistant", "Hello."),
                new Message("user", "Bye")));
    assertEquals(
        "<start_of_turn>user\nHi<end_of_turn>\n"
            + "<start_of_turn>model\nHello.<end_of_turn>\n"
            + "<start_of_turn>user\nBye<end_of_turn>\n"
            + "<start_of_turn>model\n",
        prompt);
  }

  @Test
  void contentIsTrimmedAsPythonDoesIt() {
    String prompt =
        ChatFormat.prompt(List.of(new Message("user", "\u00a0\u0085\u2007x\u3000\u001c")));
    assertTrue(prompt.contains("user\nx<end_of_turn>"), prompt);
  }

  @Test
  void aSystemMessageIsRefusedWithWhatToDoInstead() {
    InputException e =
        assertThrows(
            InputException.class, () -> ChatFormat.prompt(List.of(new Message("system", "x"))));
    assertTrue(e.getMessage().contains("first user message"));
  }

  @Test
  void turnsMustAlternateBeginningWithTheUser() {
    assertThrows(InputException.class, () -> ChatFormat.prompt(List.of(new Message("model", "x"))));
    assertThrows(
        InputException.class,
        () -> ChatFormat.prompt(List.of(new Message("user", "x"), new Message("user", "y"))));
  }
}
