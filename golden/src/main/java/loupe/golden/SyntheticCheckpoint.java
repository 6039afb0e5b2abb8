package loupe.golden;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongConsumer;
import loupe.gemma2.Gemma2Config;
import loupe.loaders.OutputFile;
import loupe.loaders.SafetensorsWriter;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Workers;

/**
 * Writes {@link FormulaWeights} as a folder in Hugging Face layout: {@code config.json} and one
 * {@code model.safetensors}. Threads compute blocks while one of them writes; memory is a few
 * megabytes for each thread whatever the model's size.
 */
public final class SyntheticCheckpoint {
  private static final int BLOCK = 1 << 20;

  private final FormulaWeights weights;
  private final SafetensorsWriter writer;
  private final LongConsumer progress;
  private final ConcurrentLinkedQueue<short[]> free = new ConcurrentLinkedQueue<>();

  private SyntheticCheckpoint(
      FormulaWeights weights, SafetensorsWriter writer, LongConsumer progress) {
    this.weights = weights;
    this.writer = writer;
    this.progress = progress;
  }

  /**
   * Writes a checkpoint. Each file appears whole or not at all, the weights first.
   *
   * @param config the configuration that {@code configJson} says
   * @param configJson becomes {@code config.json}, as it is
   * @param folder is made where it is missing
   * @param workers threads to compute with
   * @param progress called from any thread with a number of further elements written
   * @throws InputException if the weights cannot be made by formula, or a file not be written
   */
  public static void write(
      Gemma2Config config,
      String configJson,
      Knobs knobs,
      long seed,
      Path folder,
      Workers workers,
      LongConsumer progress) {
    FormulaWeights weights = new FormulaWeights(config, knobs, seed);
    requireRoom(folder, (double) config.parameterCount() * weights.dtype().bits() / Byte.SIZE);
    NewFolder made = NewFolder.make(folder);
    try {
      write(weights, configJson, folder, workers, progress);
    } catch (RuntimeException | Error e) {
      made.remove();
      throw e;
    }
  }

  private static void write(
      FormulaWeights weights,
      String configJson,
      Path folder,
      Workers workers,
      LongConsumer progress) {
    refuseShards(folder);
    Path file = folder.resolve("model.safetensors");
    try (OutputFile configFile = OutputFile.create(folder.resolve("config.json"));
        SafetensorsWriter writer =
            SafetensorsWriter.create(file, entries(weights), Map.of("format", "pt"))) {
      configFile.write(ByteBuffer.wrap(configJson.getBytes(StandardCharsets.UTF_8)), 0);
      new SyntheticCheckpoint(weights, writer, progress).writeTensors(workers);
      writer.commit();
      configFile.commit();
    }
  }

  /** Other programs would read the shards, or both. */
  private static void refuseShards(Path folder) {
    Path index = folder.resolve("model.safetensors.index.json");
    if (Files.exists(index)) {
      throw new InputException(
          index + ": a checkpoint in shards is there already; name another folder");
    }
  }

  /** A disk that fills up after minutes would tell the same, but late. */
  private static void requireRoom(Path folder, double bytes) {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    long free;
    try {
      FileStore store = Files.getFileStore(there);
      if (store.isReadOnly()) {
        return; // Writing says so.
      }
      free = store.getUsableSpace();
    } catch (IOException e) {
      return; // Not every file system can say it; writing will show.
    }
    if (bytes > free) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s: the checkpoint needs %,.0f MB, and %,d MB are free there; name another place",
              folder,
              Math.ceil(bytes / 1e6),
              free / 1_000_000));
    }
  }

  private static List<SafetensorsWriter.Entry> entries(FormulaWeights weights) {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    for (String name : weights.names()) {
      StoredTensor tensor = weights.tensor(name);
      entries.add(new SafetensorsWriter.Entry(name, tensor.dtype(), tensor.shape()));
    }
    return entries;
  }

  private record Block(StoredTensor tensor, long from, int count) {}

  private void writeTensors(Workers workers) {
    List<Block> blocks = new ArrayList<>();
    for (String name : weights.names()) {
      StoredTensor tensor = weights.tensor(name);
      long count = tensor.elementCount();
      for (long from = 0; from < count; from += BLOCK) {
        blocks.add(new Block(tensor, from, (int) Math.min(BLOCK, count - from)));
      }
    }
    workers.forEach(blocks.size(), i -> write(blocks.get(i)));
  }

  private void write(Block block) {
    String name = block.tensor().name();
    if (block.tensor().dtype() == DType.BF16) {
      short[] bits = free.poll();
      bits = bits == null ? new short[BLOCK] : bits;
      block.tensor().readBits(block.from(), bits, 0, block.count());
      writer.writeBits(name, block.from(), bits, 0, block.count());
      free.add(bits);
    } else {
      float[] values = new float[block.count()];
      block.tensor().read(block.from(), values, 0, block.count());
      writer.write(name, block.from(), values, 0, block.count());
    }
    progress.accept(block.count());
  }
}
