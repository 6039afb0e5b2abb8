package loupe.golden;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import loupe.loaders.IoReason;
import loupe.reference.InputException;

/** A folder for results, and those of its parents that had to be made for it. */
public final class NewFolder {
  /** The deepest first. */
  private final Deque<Path> made;

  private NewFolder(Deque<Path> made) {
    this.made = made;
  }

  /** Makes a folder where it is missing; {@link InputException} if that cannot be done. */
  public static NewFolder make(Path folder) {
    Deque<Path> missing = new ArrayDeque<>();
    for (Path path = folder.toAbsolutePath();
        path != null && !Files.exists(path);
        path = path.getParent()) {
      missing.addLast(path);
    }
    try {
      Files.createDirectories(folder);
      // A JVM that is ended in between deletes what is empty, the latest first.
      missing.descendingIterator().forEachRemaining(made -> made.toFile().deleteOnExit());
      return new NewFolder(missing);
    } catch (FileAlreadyExistsException e) {
      throw new InputException(folder + ": is there and is not a folder; name another place", e);
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be made: " + IoReason.of(e), e);
    }
  }

  /** Removes what was made, as far as it is empty. */
  public void remove() {
    for (Path folder : made) {
      if (!folder.toFile().delete()) {
        return;
      }
    }
  }
}
