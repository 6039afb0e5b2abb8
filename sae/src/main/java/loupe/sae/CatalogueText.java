package loupe.sae;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * Lists of SAEs as text. A line {@code @ RELEASE MODEL} begins a release; a line {@code PATH D_IN
 * L0...} stands for the SAEs at {@code PATH/average_l0_L0}, of which {@code 71*} is canonical,
 * {@code 20!} the default, and {@code +115} not in SAELens's list. Fields are separated by blanks,
 * {@code #} begins a comment line.
 */
public final class CatalogueText {
  private static final String GEMMA_SCOPE = "gemma-scope.txt";

  private CatalogueText() {}

  static List<SaeEntry> gemmaScope() {
    try (InputStream in = CatalogueText.class.getResourceAsStream(GEMMA_SCOPE)) {
      return read(new String(in.readAllBytes(), StandardCharsets.UTF_8), GEMMA_SCOPE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The SAEs of a list.
   *
   * @param origin for messages
   * @throws MalformedFileException if a line is not of the form above
   */
  public static List<SaeEntry> read(String text, String origin) {
    List<SaeEntry> entries = new ArrayList<>();
    String[] release = null;
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      String line = lines[i].strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] fields = line.split("\\s+");
      String place = "line " + (i + 1);
      if (fields.length < 3) {
        throw new MalformedFileException(origin, place, "'" + line + "' has fewer than 3 fields");
      }
      if (fields[0].equals("@")) {
        release = fields;
      } else if (release == null) {
        throw new MalformedFileException(origin, place, "no line '@ RELEASE MODEL' before it");
      } else {
        readGroup(release, fields, new MalformedFileException(origin, place, line), entries);
      }
    }
    return entries;
  }

  private static void readGroup(
      String[] release, String[] fields, MalformedFileException wrong, List<SaeEntry> entries) {
    SaeName name;
    try {
      name = SaeName.ofId(release[1] + "/" + fields[0], Set.of(release[1]));
    } catch (InputException e) {
      throw wrong;
    }
    if (name.site().isEmpty() || name.width().isEmpty() || !fields[1].matches("\\d{1,9}")) {
      throw wrong;
    }
    Site site = name.site().get();
    if (site.hasLayer() && name.layer().isEmpty()) {
      throw wrong;
    }
    Attachment at = Attachment.of(site, name.layer().orElse(Attachment.NO_LAYER));
    for (String field : List.of(fields).subList(2, fields.length)) {
      if (!field.matches("\\+?\\d{1,9}[*!]?")) {
        throw wrong;
      }
      String l0 = field.replaceAll("\\D", "");
      entries.add(
          new SaeEntry(
              release[1],
              release[2],
              fields[0] + "/average_l0_" + l0,
              at,
              new SaeEntry.Size(
                  Integer.parseInt(fields[1]), name.width().getAsInt(), Integer.parseInt(l0)),
              standing(field)));
    }
  }

  private static SaeEntry.Standing standing(String field) {
    return switch (field.charAt(field.length() - 1)) {
      case '*' -> SaeEntry.Standing.CANONICAL;
      case '!' -> SaeEntry.Standing.DEFAULT;
      default -> field.startsWith("+") ? SaeEntry.Standing.ADDITIONAL : SaeEntry.Standing.ORDINARY;
    };
  }
}
