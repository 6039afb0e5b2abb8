package loupe.golden.check;

import java.util.List;
import loupe.golden.quirk.Quirk;

/**
 * A known bug that may be the reason why a dump diverges.
 *
 * @param quirk the bug
 * @param besides bugs that are taken to be there too: then all together explain so much
 * @param fit share of the divergent tensors that are within their bounds once the bugs are put in;
 *     1 if that explains the whole dump
 * @param explains number of divergent tensors that are then within their bounds
 * @param divergent number of tensors that diverge from a program without a bug
 * @param equal number of elements of the whole dump that the program with the bugs gives to the bit
 */
public record Diagnosis(
    Quirk quirk, List<Quirk> besides, double fit, int explains, int divergent, long equal) {

  /** Whether nothing is left to explain. */
  public boolean isWhole() {
    return explains == divergent;
  }

  /** What is wrong, and what to change, in two or three sentences. */
  public String message() {
    String who =
        quirk.projects().isEmpty()
            ? ""
            : " Known from " + String.join("; ", quirk.projects()) + ".";
    return quirk.bug() + who + " " + quirk.fix();
  }
}
