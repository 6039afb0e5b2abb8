package loupe.sae;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One SAE that was released.
 *
 * @param release its release, such as {@code gemma-scope-2b-pt-res}
 * @param model the model that it was trained on, such as {@code google/gemma-2-2b}
 * @param path its folder inside the release: {@code layer_20/width_16k/average_l0_71}
 * @param at where it meets the model
 * @param size its sizes
 * @param standing its place among its likes
 */
public record SaeEntry(
    String release, String model, String path, Attachment at, Size size, Standing standing) {

  /**
   * Sizes of an SAE.
   *
   * @param dIn elements of one activation
   * @param width number of features
   * @param l0 how many were on for a token, on average, in training: the number in its path
   */
  public record Size(int dIn, int width, int l0) {}

  /** What a short id that leaves something open may mean. */
  public enum Standing {
    /** One of several, for full ids only. */
    ORDINARY,
    /** The one of its layer and width that SAELens and Neuronpedia call canonical. */
    CANONICAL,
    /** What is looked at when nothing is asked for. */
    DEFAULT,
    /** Not in SAELens's list, known from elsewhere. */
    ADDITIONAL
  }

  /** The full id: {@code gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71}. */
  public String id() {
    return release + "/" + path;
  }

  /** Where it lies under a folder of SAEs: the id, then {@code params.npz}. */
  public String file() {
    return id() + "/params.npz";
  }

  /** Where Gemma Scope's file can be had. */
  public String url() {
    return "https://huggingface.co/google/" + release + "/resolve/main/" + path + "/params.npz";
  }

  /**
   * The file, if it is in one of these folders: under {@link #file()}, or as the cache of Hugging
   * Face lays it out ({@code models--google--RELEASE/snapshots/REVISION/PATH/params.npz}; of
   * several revisions the first by name).
   */
  public Optional<Path> find(List<Path> folders) {
    for (Path folder : folders) {
      Path plain = folder.resolve(file());
      if (Files.isRegularFile(plain)) {
        return Optional.of(plain);
      }
      for (Path snapshot : snapshots(folder)) {
        Path cached = snapshot.resolve(path).resolve("params.npz");
        if (Files.isRegularFile(cached)) {
          return Optional.of(cached);
        }
      }
    }
    return Optional.empty();
  }

  private List<Path> snapshots(Path folder) {
    Path parent = folder.resolve("models--google--" + release).resolve("snapshots");
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(parent)) {
      try (Stream<Path> revisions = Files.list(parent)) {
        revisions.forEach(found::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Collections.sort(found);
    }
    return found;
  }
}
