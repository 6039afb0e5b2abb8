package loupe.golden.quirk;

import java.util.OptionalInt;
import loupe.loaders.TextDecoder;
import loupe.loaders.Tokenizer;

/** A tokenizer that hands everything on to another: a subclass replaces one part. */
class ForwardingTokenizer implements Tokenizer {
  /** The tokenizer that does the work. */
  protected final Tokenizer base;

  ForwardingTokenizer(Tokenizer base) {
    this.base = base;
  }

  @Override
  public int[] encode(String text, boolean addBos, Specials specials) {
    return base.encode(text, addBos, specials);
  }

  @Override
  public TextDecoder decoder() {
    return base.decoder();
  }

  @Override
  public int vocabSize() {
    return base.vocabSize();
  }

  @Override
  public String piece(int id) {
    return base.piece(id);
  }

  @Override
  public OptionalInt id(String piece) {
    return base.id(piece);
  }

  @Override
  public OptionalInt bosId() {
    return base.bosId();
  }

  @Override
  public OptionalInt eosId() {
    return base.eosId();
  }

  @Override
  public boolean isControl(int id) {
    return base.isControl(id);
  }

  @Override
  public String origin() {
    return base.origin();
  }
}
