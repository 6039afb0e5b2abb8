package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class HooksTest {
  private static final List<String> KNOWN =
      List.of("hook_embed", "blocks.0.hook_resid_post", "blocks.1.hook_resid_post");
  private static final Rows ROW = Rows.of(new int[] {2}, 0, 0);
  private static final Tensor ONE = new DoubleTensor(new double[] {1}, 1, 1);

  @Test
  void aGlobThatMatchesNothingIsRefusedWithNearNames() {
    InputException e =
        assertThrows(
            InputException.class,
            () -> new Hooks(KNOWN).read("blocks.0.hook_resid_pots", (n, v, r) -> {}));
    assertTrue(e.getMessage().contains("blocks.0.hook_resid_post"), e.getMessage());
  }

  @Test
  void aStarMatchesDotsAndNothingElseIsSpecial() {
    assertTrue(new NameGlob("blocks.*_post").matches("blocks.1.hook_resid_post"));
    assertTrue(new NameGlob("blocks.?.hook_resid_post").matches("blocks.1.hook_resid_post"));
    assertFalse(new NameGlob("blocks.?.hook_resid_post").matches("blocks.11.hook_resid_post"));
    assertFalse(new NameGlob("hook.embed").matches("hook_embed"));
    assertFalse(new NameGlob("hook_emb").matches("hook_embed"));
    assertTrue(new NameGlob("a[b]").matches("a[b]"));
  }

  @Test
  void editorsOfOneNameAreCalledInOrder() {
    Hooks hooks = new Hooks(KNOWN);
    hooks.edit("hook_*", (n, v, r) -> new DoubleTensor(new double[] {v.get(0) + 1}, 1, 1));
    hooks.edit("hook_embed", (n, v, r) -> new DoubleTensor(new double[] {v.get(0) * 10}, 1, 1));
    assertEquals(20, hooks.at("hook_embed", ONE, ROW).get(0));
  }

  @Test
  void onlyMatchedNamesAreWatched() {
    Hooks hooks = new Hooks(KNOWN).read("blocks.1.*", (n, v, r) -> {});
    assertTrue(hooks.watches("blocks.1.hook_resid_post"));
    assertFalse(hooks.watches("blocks.0.hook_resid_post"));
  }

  @Test
  void anEditThatNeverFiredIsReported() {
    Hooks hooks =
        new Hooks(KNOWN).edit("hook_embed", (n, v, r) -> v).edit("*_post", (n, v, r) -> v);
    hooks.at("hook_embed", ONE, ROW);
    assertEquals(List.of("*_post"), hooks.unfired());
  }

  @Test
  void anEditOfAnotherShapeOrTypeIsRefused() {
    Hooks shape = new Hooks(KNOWN).edit("hook_embed", (n, v, r) -> v.reshape(1));
    assertThrows(IllegalArgumentException.class, () -> shape.at("hook_embed", ONE, ROW));
    Hooks type =
        new Hooks(KNOWN).edit("hook_embed", (n, v, r) -> new FloatTensor(new float[] {1}, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> type.at("hook_embed", ONE, ROW));
  }
}
