package loupe.golden.quirk;

import java.util.Arrays;
import java.util.Map;

/** What goes wrong with the ids of a prompt before the model sees them. */
final class PromptQuirks {
  private static final int EOS = 1;

  private PromptQuirks() {}

  /** Other ids for the ids of a prompt. */
  interface PromptChange {
    int[] of(int[] ids, int bos);
  }

  static void addTo(Map<String, PromptChange> zoo) {
    zoo.put(
        "bos-missing",
        (ids, bos) ->
            ids.length > 1 && ids[0] == bos ? Arrays.copyOfRange(ids, 1, ids.length) : ids);
    zoo.put(
        "bos-twice",
        (ids, bos) -> {
          int[] out = new int[ids.length + 1];
          out[0] = bos;
          System.arraycopy(ids, 0, out, 1, ids.length);
          return out;
        });
    zoo.put(
        "bos-second",
        (ids, bos) -> {
          int[] out = ids.clone();
          if (out.length > 1) {
            out[0] = ids[1];
            out[1] = ids[0];
          }
          return out;
        });
    zoo.put(
        "eos-appended",
        (ids, bos) -> {
          int[] out = Arrays.copyOf(ids, ids.length + 1);
          out[ids.length] = EOS;
          return out;
        });
  }
}
