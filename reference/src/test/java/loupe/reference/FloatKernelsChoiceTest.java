package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which kernels are chosen where. */
class FloatKernelsChoiceTest {
  @BeforeEach
  void needVectorModule() {
    AllKernels.vector();
  }

  @Test
  void vectorKernelsAreChosenWhereTheModuleIsPromised() {
    assertEquals(
        AllKernels.fmaIsEmulated() ? "scalar" : "vector", KernelProvider.ofWish(null).name());
  }

  @Test
  void fusedMultiplyAddsAreFoundToBeEmulatedWhereTheyAre() {
    assertEquals(KernelProvider.emulatesFma(), AllKernels.fmaIsEmulated());
  }

  @Tag("many")
  @Test
  void scalarKernelsAreChosenForShortWorkUnlessOthersAreAskedFor() {
    assertEquals("scalar", KernelProvider.choose(Map.of(), 1_000_000).name());
    assertEquals("vector", KernelProvider.choose(Map.of(), 1L << 40).name());
    assertEquals(
        "vector", KernelProvider.choose(Map.of("LOUPE_KERNELS", "vector"), 1_000_000).name());
  }

  @Tag("many")
  @Test
  void vectorKernelsAreChosenForLongWorkUnlessOthersAreAskedFor() {
    assertEquals("vector", KernelProvider.chooseForLong(Map.of()).name());
    assertEquals("scalar", KernelProvider.chooseForLong(Map.of("LOUPE_KERNELS", "scalar")).name());
  }
}
