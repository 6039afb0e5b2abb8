package loupe.loaders;

import static loupe.loaders.TestFiles.npy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyMalformedTest {
  private static Arguments header(String header, String message) {
    return arguments(header, npy(header, 8), message);
  }

  private static Arguments descr(String descr, String message) {
    return header("{'descr': " + descr + ", 'fortran_order': False, 'shape': (2,), }", message);
  }

  private static Arguments shape(String shape, String message) {
    return header("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }", message);
  }

  private static byte[] patched(int at, int value) {
    byte[] file = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8);
    file[at] = (byte) value;
    return file;
  }

  static Stream<Arguments> files() {
    byte[] good = patched(0, 0x93);
    byte[] version2 = TestFiles.joined(Arrays.copyOf(good, 6), new byte[] {2, 0, 0, 0, 0, 0x7f});
    byte[] version3 =
        TestFiles.joined(Arrays.copyOf(good, 6), new byte[] {3, 0, 1, 0, 0, 0, (byte) 0xe9});
    return Stream.of(
        arguments("empty", new byte[0], "not a numpy array"),
        arguments("seven bytes", Arrays.copyOf(good, 7), "not a numpy array"),
        arguments("other magic", patched(0, 0x92), "not a numpy array: no npy header"),
        arguments("version 0", patched(6, 0), "npy version 0.0 is not known"),
        arguments("version 4", patched(6, 4), "npy version 4.0 is not known"),
        arguments("version 1.1", patched(7, 1), "npy version 1.1 is not known"),
        arguments("no length", Arrays.copyOf(good, 8), "npy header"),
        arguments("cut header", Arrays.copyOf(good, 30), "ends within its npy header"),
        arguments(
            "cut data", Arrays.copyOf(good, good.length - 1), "need 76 bytes with the header"),
        arguments("a byte more", Arrays.copyOf(good, good.length + 1), "but there are 77"),
        arguments("header beyond the file", patched(9, 0x7f), "ends within its npy header"),
        arguments("header of 2 GB", version2, "an npy header of 2130706432 bytes is not"),
        arguments("header that is no UTF-8", version3, "is not valid UTF-8"),
        arguments("pickled", TestFiles.resource("refused_pickled.npy"), "pickled Python objects"),
        arguments("structured", TestFiles.resource("refused_structured.npy"), "structured arrays"),
        arguments(
            "text", TestFiles.resource("refused_text.npy"), "element type <U2 cannot be read"),
        arguments("complex", TestFiles.resource("refused_complex128.npy"), "element type <c16"),
        arguments("bfloat16", TestFiles.resource("refused_bfloat16.npy"), "element type <V2"),
        arguments("dates", TestFiles.resource("refused_datetime.npy"), "element type <M8[s]"));
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        descr("'|O'", "holds pickled Python objects, which are never read"),
        descr("'<O8'", "holds pickled Python objects"),
        descr("''", "element type \"\" cannot be read"),
        descr("'f4'", "element type f4 cannot be read"),
        descr("'=f4'", "element type =f4 cannot be read"),
        descr("'|f4'", "element type |f4 cannot be read"),
        descr("'<f16'", "element type <f16 cannot be read"),
        descr("'<f3'", "element type <f3 cannot be read"),
        descr("'>c8'", "element type >c8 cannot be read"),
        descr("'<f4\\n'", "an escape in a string"),
        descr("4", "a string is missing at character 10"),
        descr("[('a', '<f4')]", "structured arrays (with named fields) cannot be read"),
        descr("('<f4', (2,))", "a string is missing"),
        shape("2", "'(' is missing"),
        shape("[2]", "'(' is missing"),
        shape("(2)", "the shape is a number, not a tuple"),
        shape("(-2,)", "an axis length is missing or too large"),
        shape("(2.0,)", "is no tuple of at most 64 numbers"),
        shape("(2 1,)", "is no tuple of at most 64 numbers"),
        shape("(,)", "an axis length is missing"),
        shape("(2,,)", "an axis length is missing"),
        shape("(True,)", "an axis length is missing"),
        shape("(9223372036854775808,)", "too large"),
        shape("(" + "1,".repeat(65) + ")", "is no tuple of at most 64 numbers"),
        shape("(4294967296, 4294967296, 4294967296, 0)", "the product of the axes is beyond 2^63"),
        shape("(999999999999999999, 9)", "beyond 2^63"),
        shape("(3,)", "shape and type need"),
        shape("(1,)", "shape and type need"),
        shape("(0,)", "shape and type need"),
        shape("()", "shape and type need"),
        header("", "'{' is missing at character 0"),
        header("{", "a string is missing"),
        header("{}", "descr, fortran_order and shape must all be there"),
        header("{'descr': '<f4', 'shape': (2,)}", "must all be there"),
        header("{'descr': '<f4', 'fortran_order': False}", "must all be there"),
        header("{'descr': '<f4', 'descr': '<f4'}", "the key descr is there twice"),
        header("{'shape': (2,), 'shape': (2,)}", "the key shape is there twice"),
        header("{'fortran_order': True, 'fortran_order': True}", "there twice"),
        header("{'more': 1}", "the key more does not belong there"),
        header("{'descr' '<f4'}", "':' is missing"),
        header("{'fortran_order': 0}", "True or False is missing"),
        header("{'fortran_order': true}", "True or False is missing"),
        header("{'fortran_order': Falsehood}", "'}' is missing"),
        header("{'descr': '<f4' 'shape': (2,)}", "'}' is missing"),
        header("{'descr: }", "a string is missing"),
        header(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x",
            "text after the dictionary"),
        header("(" + "(".repeat(60_000), "'{' is missing"));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource({"files", "headers"})
  void refuses(String name, byte[] file, String message) {
    TestFiles.assertMalformed(() -> NpyFile.of(ByteBuffer.wrap(file), "f.npy"), "f.npy: ", message);
  }

  @Test
  void refusesPicklesInArchives() {
    Throwable e =
        TestFiles.failure(() -> NpzFile.of(TestFiles.resourceBuffer("pickled.npz"), "f.npz"));
    assertEquals(
        "f.npz: member o.npy: holds pickled Python objects, which are never read; save plain numbers",
        e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'shape':(2,),'descr':'<f4','fortran_order':False}",
        "{\"descr\": \"<f4\", \"fortran_order\": True, \"shape\": (2L,), }          \n",
        "\n { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , ) , } ",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': ()}",
      })
  void acceptsOtherSpellings(String header) {
    NpyFile file = NpyFile.of(ByteBuffer.wrap(npy(header, 8)), "f.npy");
    assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 5, 6, 7}, TestFiles.bytes(file.tensor("f")));
  }
}
