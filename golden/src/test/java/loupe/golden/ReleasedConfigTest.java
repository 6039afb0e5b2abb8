package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Presets;
import loupe.loaders.StrictJson;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReleasedConfigTest {
  static List<Gemma2Config> configs() {
    Stream<Gemma2Config> presets = Presets.names().stream().map(Presets::of);
    Stream<Gemma2Config> cases = GoldenCase.ids().stream().map(id -> GoldenCase.of(id).config());
    return Stream.concat(presets, cases).toList();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void readsBackAsTheSameConfigurationWithNothingLeftOpen(Gemma2Config config) {
    byte[] text = ReleasedConfig.json(config).getBytes(StandardCharsets.UTF_8);
    ConfigJson.Resolved read =
        ConfigJson.read(
            StrictJson.readObject(new ByteArrayInputStream(text), "config.json").fields(),
            "config.json");
    assertEquals(config, read.config());
    assertEquals(List.of(), read.defaults());
    assertTrue(new String(text, StandardCharsets.UTF_8).endsWith("}\n"));
  }
}
