package loupe.loaders;

import static loupe.loaders.TestFiles.npy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import loupe.loaders.ZipBuilder.Member;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NpzMalformedTest {
  private static final String HEADER =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  private static final byte[] ARRAY = npy(HEADER, 8);

  /** Opens the archive and reads every tensor to its end, as checksums come with the first read. */
  private static List<String> contents(byte[] file) {
    return TestFiles.contents(NpzFile.of(ByteBuffer.wrap(file), "f"));
  }

  private static Member stored() {
    return new Member("a.npy", ARRAY, ZipMember.STORED);
  }

  private static Arguments member(String name, Consumer<Member> change, String message) {
    Member member = stored();
    change.accept(member);
    return arguments(name, new ZipBuilder().build(member), message);
  }

  private static Arguments deflated(String name, Consumer<Member> change, String message) {
    Member member = new Member("a.npy", ARRAY, ZipMember.DEFLATED);
    change.accept(member);
    return arguments("deflated: " + name, new ZipBuilder().build(member), message);
  }

  private static Arguments archive(String name, Consumer<ZipBuilder> change, String message) {
    ZipBuilder builder = new ZipBuilder();
    change.accept(builder);
    return arguments(name, builder.build(stored()), message);
  }

  private static Arguments cut(String name, int bytes, String message) {
    byte[] whole = new ZipBuilder().build(stored());
    return arguments(name, Arrays.copyOf(whole, whole.length - bytes), message);
  }

  static Stream<Arguments> archives() {
    return Stream.of(
        arguments("empty file", new byte[0], "byte 0: no zip directory at the end"),
        arguments("short file", new byte[21], "no zip directory at the end"),
        arguments("zeros", new byte[200_000], "no zip directory at the end"),
        arguments("an npy file", ARRAY, "no zip directory at the end"),
        arguments(
            "a safetensors file", TestFiles.safetensors("{}", 0), "no zip directory at the end"),
        cut("cut by a byte", 1, "cut short; get it again"),
        cut("cut within the directory", 30, "cut short; get it again"),
        arguments(
            "a byte after the end",
            TestFiles.joined(new ZipBuilder().build(stored()), new byte[1]),
            "no zip directory at the end"),
        arguments(
            "bytes before the start",
            TestFiles.joined(new byte[7], new ZipBuilder().build(stored())),
            "the zip directory is not where its end says"),
        archive("comment longer than it is", b -> b.commentLength = 5, "no zip directory"),
        archive("no members, says the end", b -> b.count = 0, "bytes after the last member"),
        archive("more members, says the end", b -> b.count = 2, "too short for 2 members"),
        archive("thousands of members", b -> b.count = 65534, "too short for 65534 members"),
        archive("several parts", b -> b.disk = 1, "in several parts cannot be read"),
        archive("members elsewhere", b -> b.countHere = 0, "in several parts cannot be read"),
        archive("directory too early", b -> b.directoryStart = 3, "not where its end says"),
        archive("directory too late", b -> b.directoryStart = 0x7fffffff, "not where its end says"),
        archive("directory too small", b -> b.directorySize = 3, "not where its end says"),
        archive("directory too large", b -> b.directorySize = 0xfffffff0L, "not where its end"),
        archive("zip64 without its end", b -> b.count = 0xffff, "too short for 65535 members"),
        archive("bytes after the directory", b -> b.afterDirectory = new byte[9], "not where its"),
        zip64("zip64 end missing", b -> b.putInt(0, 7), "zip64 end of the directory is not where"),
        zip64("zip64 end of another size", b -> b.putLong(4, 43), "zip64 end of the directory"),
        zip64("zip64 directory elsewhere", b -> b.putLong(48, 1), "not where its zip64 end says"),
        zip64("zip64 start negative", b -> b.putLong(48, -1), "not where its zip64 end says"),
        zip64("zip64 size negative", b -> b.putLong(40, -1), "not where its zip64 end says"),
        zip64("zip64 count negative", b -> b.putLong(32, -1), "not where its zip64 end says"),
        zip64("zip64 counts differ", b -> b.putLong(24, 2), "in several parts"),
        zip64("zip64 count differs from the plain one", b -> twice(b, 7), "ends of the zip"),
        zip64("zip64 on another disk", b -> b.putInt(16, 1), "in several parts"),
        zip64("zip64 locator elsewhere", b -> b.putLong(56 + 8, 0), "zip64 end of the directory"),
        zip64("zip64 locator negative", b -> b.putLong(56 + 8, -1), "zip64 end of the directory"),
        zip64("zip64 locator far", b -> b.putLong(56 + 8, 1L << 62), "zip64 end of the directory"));
  }

  private static void twice(ByteBuffer end, long count) {
    end.putLong(24, count);
    end.putLong(32, count);
  }

  /** An honest archive with zip64 ends, then changed from the zip64 end of the directory on. */
  private static Arguments zip64(String name, Consumer<ByteBuffer> change, String message) {
    ByteBuffer end = ZipBuilder.allocate(56 + 20);
    byte[] whole = new ZipBuilder().build(stored());
    ByteBuffer plain = ByteBuffer.wrap(whole).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    long size = plain.getInt(whole.length - 10);
    long start = plain.getInt(whole.length - 6);
    end.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0);
    end.putInt(0).putLong(1).putLong(1).putLong(size).putLong(start);
    end.putInt(0x07064b50).putInt(0).putLong(start + size).putInt(1);
    change.accept(end);
    ZipBuilder builder = new ZipBuilder();
    builder.afterDirectory = end.array();
    return arguments(name, builder.build(stored()), message);
  }

  static Stream<Arguments> members() {
    Member twin = stored();
    Member inside = new Member("b.npy", ARRAY, ZipMember.STORED);
    inside.headerStart = 0L;
    Member outside = stored();
    byte[] nested = new ZipBuilder().build(stored());
    outside.data = nested;
    outside.size(nested.length);
    outside.storedSize(nested.length);
    return Stream.of(
        arguments(
            "one name twice", new ZipBuilder().build(stored(), twin), "member a.npy: there twice"),
        arguments("two members in one place", new ZipBuilder().build(stored(), inside), "disagree"),
        arguments(
            "one header for two members",
            new ZipBuilder().build(stored(), withStart(stored())),
            "member a.npy: overlaps another at byte 0"),
        member("no name", m -> m.name = m.localName = new byte[0], "not an array: its name"),
        member(
            "the suffix alone is a name", m -> m.name = m.localName = raw(".npx"), "not an array"),
        member(
            "a text file", m -> m.name = m.localName = raw("a.txt"), "member a.txt: not an array"),
        member(
            "a folder", m -> m.name = m.localName = raw("a.npy/"), "member a.npy/: not an array"),
        member("two names", m -> m.localName = raw("b.npy"), "disagree"),
        member("names of two lengths", m -> m.localName = raw("aa.npy"), "disagree"),
        member("a name of no encoding", m -> m.name = latin(m), "in an unknown encoding"),
        member("a name that is no UTF-8", m -> badUtf8(m), "is not valid UTF-8"),
        member(
            "a name that breaks lines", m -> m.name = m.localName = raw("a\n.txt"), "a\\u000a.txt"),
        member("encrypted", m -> m.flags(1), "member a.npy: encrypted"),
        member("strongly encrypted", m -> m.flags(1 << 6), "encrypted"),
        member("encrypted directory", m -> m.flags(1 << 13), "encrypted"),
        member("flags differ", m -> m.localFlags = 1, "disagree"),
        member("methods differ", m -> m.localMethod = 8, "disagree"),
        member("deflate64", m -> m.method(9), "compressed by method 9"),
        member("bzip2", m -> m.method(12), "compressed by method 12"),
        member("zstandard", m -> m.method(93), "compressed by method 93; save it stored"),
        member("on another disk", m -> m.disk = 1, "in several parts"),
        member("wrong checksum", m -> m.crc(1), "checksum "),
        member("checksums differ", m -> m.localCrc = 1, "disagree"),
        member("sizes differ", m -> m.localSize++, "disagree"),
        member("stored sizes differ", m -> m.localStoredSize++, "disagree"),
        member("stored, and grows", m -> m.size(m.size + 1), "stored, yet"),
        member("stored, and shrinks", m -> m.size(m.size - 1), "stored, yet"),
        member("larger than the file", m -> both(m, 0x7fffffff), "within or after the directory"),
        member("reaches into the directory", m -> both(m, m.size + 1), "after the directory"),
        member("shorter than its array", m -> both(m, m.size - 1), "but there are"),
        member("no header there", m -> m.localSignature = 7, "its header is not at byte 0"),
        member("no entry there", m -> m.signature = 7, "no entry of the zip directory is here"),
        member("header beyond the file", m -> m.headerStart = 0x7fffffffL, "its header is not at"),
        member("header in its data", m -> m.headerStart = 40L, "its header is not at byte 40"),
        member("zip64 size unset", m -> both(m, 0xffffffffL), "within or after the directory"),
        member("zip64 size negative", m -> zip64(m, -1, -1), "a size beyond 2^63"),
        member("zip64 size huge", m -> zip64(m, 1L << 62, 1L << 62), "within or after"),
        member("zip64 field too short", m -> shortZip64(m), "within or after"),
        member(
            "extra field too long", m -> m.extra = new byte[] {9, 9, 9, 0}, "longer than the room"),
        member("zip64 sizes differ", m -> zip64Twice(m), "disagree"),
        arguments("lzma", TestFiles.resource("refused_lzma.npz"), "compressed by method 14"),
        arguments(
            "an archive in an archive", new ZipBuilder().build(outside), "not a numpy array"));
  }

  private static byte[] raw(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] latin(Member m) {
    m.localName = "\u00e9.npy".getBytes(StandardCharsets.ISO_8859_1);
    return m.localName;
  }

  private static void badUtf8(Member m) {
    m.flags(1 << 11);
    m.name = latin(m);
  }

  private static Member withStart(Member m) {
    m.headerStart = 0L;
    return m;
  }

  private static void both(Member m, long size) {
    m.size(size);
    m.storedSize(size);
  }

  private static void zip64(Member m, long size, long storedSize) {
    both(m, 0xffffffffL);
    m.extra = ZipBuilder.zip64(size, storedSize);
    m.localExtra = m.extra;
  }

  private static void shortZip64(Member m) {
    both(m, 0xffffffffL);
    m.extra = new byte[] {1, 0, 4, 0, 1, 2, 3, 4};
    m.localExtra = m.extra;
  }

  private static void zip64Twice(Member m) {
    long size = m.size;
    zip64(m, size, size);
    m.localExtra = ZipBuilder.zip64(size, size + 1);
  }

  static Stream<Arguments> deflated() {
    byte[] zeros = npy(HEADER.replace("(2,)", "(1000000,)"), 0);
    byte[] large = Arrays.copyOf(zeros, zeros.length + 4_000_000);
    Member bomb = new Member("a.npy", large, ZipMember.DEFLATED);
    bomb.size(68);
    Member swollen = new Member("a.npy", large, ZipMember.DEFLATED);
    swollen.size(large.length + 4);
    swollen.crc(7);
    return Stream.of(
        deflated("garbage", m -> Arrays.fill(m.data, (byte) 0xff), "cannot be inflated"),
        deflated("wrong checksum", m -> m.crc(1), "checksum"),
        deflated("declares a byte more", m -> m.size(m.size + 1), "need 76 bytes with the header"),
        deflated("declares a byte less", m -> m.size(m.size - 1), "need 76 bytes"),
        deflated("declares more than deflate can make", m -> m.size(1 << 30), "cannot be deflated"),
        deflated("cut short", m -> cutData(m, 4), "fewer bytes than it declares"),
        deflated("cut to nothing", m -> cutData(m, m.data.length), "damaged"),
        deflated("bytes after the end", m -> longer(m), "does not end where it should"),
        deflated("shape says more", m -> reshape(m, "(3,)"), "need 80 bytes with the header"),
        deflated("shape says less", m -> reshape(m, "(1,)"), "need 72 bytes"),
        arguments(
            "a bomb that declares little",
            new ZipBuilder().build(bomb),
            "shape and type need 4000074 bytes with the header, but there are 68"),
        arguments("less than it declares", new ZipBuilder().build(swollen), "but there are"),
        arguments("hides what comes after", new ZipBuilder().build(overlong()), "more bytes than"),
        arguments("lies in header and size", new ZipBuilder().build(short1()), "fewer bytes than"));
  }

  private static void cutData(Member m, int bytes) {
    m.data = Arrays.copyOf(m.data, m.data.length - bytes);
    m.storedSize(m.data.length);
  }

  private static void longer(Member m) {
    m.data = Arrays.copyOf(m.data, m.data.length + 1);
    m.storedSize(m.data.length);
  }

  private static void reshape(Member m, String shape) {
    byte[] array = TestFiles.replaced(ARRAY, "(2,)", shape);
    Member other = new Member("a.npy", array, ZipMember.DEFLATED);
    m.data = other.data;
    m.storedSize(other.storedSize);
    m.crc(other.crc);
  }

  /** Header and declared size agree, but more bytes come. */
  private static Member overlong() {
    Member m = new Member("a.npy", npy(HEADER, 9), ZipMember.DEFLATED);
    m.size(ARRAY.length);
    m.crc(stored().crc);
    return m;
  }

  /** Header and declared size agree, but fewer bytes come. */
  private static Member short1() {
    Member m = new Member("a.npy", npy(HEADER, 7), ZipMember.DEFLATED);
    m.size(ARRAY.length);
    return m;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"archives", "members", "deflated"})
  void refuses(String name, byte[] file, String message) {
    TestFiles.assertMalformed(() -> contents(file), "f: ", message);
  }

  @Test
  void acceptsTheHonestArchivesThatTheCasesAreMadeFrom() {
    String honest = "[a F32 [2] 0001020304050607]";
    for (int method : new int[] {ZipMember.STORED, ZipMember.DEFLATED}) {
      byte[] file = new ZipBuilder().build(new Member("a.npy", ARRAY, method));
      assertEquals(honest, contents(file).toString());
    }
    byte[] wide = (byte[]) zip64("", b -> {}, "").get()[1];
    assertEquals(honest, contents(wide).toString());
  }
}
