package loupe.tests;

import loupe.gemma2.Gemma2;
import loupe.golden.EmbeddedModel;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Hooks;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.FeatureReader;
import loupe.sae.JumpReluSae;
import loupe.sae.RowFilter;
import loupe.sae.SaeEntry;
import loupe.sae.SaeWeights;

/** The README's example of the library, word for word. */
final class LibraryExample {
  private LibraryExample() {}

  public static void main(String[] args) {
    Arithmetic float32 = new Float32(Workers.ofAllCores());
    Gemma2 model = new Gemma2(EmbeddedModel.config().config(), EmbeddedModel.weights(), float32);
    Tokenizer tokenizer = TokenizerFile.open("tokenizer.model", EmbeddedModel.tokenizerModel());
    int[] ids = tokenizer.encode("Call me Ishmael", true, Tokenizer.Specials.TEXT);

    SaeEntry entry = EmbeddedModel.defaultSae();
    SaeWeights weights = SaeWeights.load(EmbeddedModel.saeParameters(entry), float32);
    AttachedSae sae = new AttachedSae(entry.id(), new JumpReluSae(float32, weights), entry.at());
    FeatureReader reader = new FeatureReader(sae, 2, RowFilter.ALL);
    model.forward(ids, new Hooks(model.hookPoints()).add(reader));
    for (FeatureReader.Reading token : reader.readings()) {
      System.out.println(tokenizer.piece(token.tokenId()) + "  " + token.features());
    }
  }
}
