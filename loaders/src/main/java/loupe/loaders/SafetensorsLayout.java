package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import loupe.reference.InputException;

/** The header of a safetensors file to be written: the counterpart of {@link SafetensorsHeader}. */
final class SafetensorsLayout {
  private SafetensorsLayout() {}

  /** Length and header, filled up with spaces so that the data begins at a multiple of 8 bytes. */
  static byte[] header(List<SafetensorsWriter.Entry> entries, Map<String, String> metadata) {
    StringBuilder json = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      json.append(quoted(SafetensorsHeader.METADATA)).append(":{");
      String separator = "";
      for (Map.Entry<String, String> pair : new TreeMap<>(metadata).entrySet()) {
        json.append(separator).append(quoted(pair.getKey())).append(':');
        json.append(quoted(pair.getValue()));
        separator = ",";
      }
      json.append(entries.isEmpty() ? "}" : "},");
    }
    Set<String> names = new HashSet<>();
    long begin = 0;
    for (SafetensorsWriter.Entry entry : entries) {
      requireValid(entry, names);
      long end = Math.addExact(begin, entry.byteSize());
      json.append(names.size() == 1 ? "" : ",").append(quoted(entry.name()));
      json.append(":{\"dtype\":\"").append(entry.dtype()).append("\",\"shape\":");
      json.append(java.util.Arrays.toString(entry.shape()).replace(" ", ""));
      json.append(",\"data_offsets\":[").append(begin).append(',').append(end).append("]}");
      begin = end;
    }
    return framed(json.append('}'));
  }

  private static void requireValid(SafetensorsWriter.Entry entry, Set<String> names) {
    if (entry.name().equals(SafetensorsHeader.METADATA) || !names.add(entry.name())) {
      throw new IllegalArgumentException("a tensor cannot be named " + entry.name() + " (again)");
    }
    for (long axis : entry.shape()) {
      if (axis < 0) {
        throw new IllegalArgumentException(entry.name() + ": negative axis " + axis);
      }
    }
    long bits = Math.multiplyExact(FileTensor.product(entry.shape()), (long) entry.dtype().bits());
    if (bits % Byte.SIZE != 0) {
      throw new IllegalArgumentException(entry.name() + ": " + bits + " bits are no whole bytes");
    }
  }

  private static byte[] framed(StringBuilder json) {
    ByteBuffer text;
    try {
      text = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a name or metadata holds half of a surrogate pair", e);
    }
    int length = text.remaining() + 7 & ~7;
    if (length > SafetensorsHeader.LARGEST) {
      throw new InputException(
          "a safetensors header of %d bytes; the format ends at %d: write fewer tensors"
              .formatted(length, SafetensorsHeader.LARGEST));
    }
    ByteBuffer out = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(length).put(text);
    while (out.hasRemaining()) {
      out.put((byte) ' ');
    }
    return out.array();
  }

  /** A JSON string. */
  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
