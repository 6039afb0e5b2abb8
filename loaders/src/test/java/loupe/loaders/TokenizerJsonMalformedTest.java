package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import loupe.loaders.Tokenizer.Specials;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerJsonMalformedTest {
  /** With single quotes for double ones. */
  static final String HONEST =
      """
      {'version':'1.0','truncation':null,'padding':null,
       'added_tokens':[{'id':0,'content':'<pad>','single_word':false,'lstrip':false,
         'rstrip':false,'normalized':false,'special':true}],
       'normalizer':{'type':'Replace','pattern':{'String':' '},'content':'▁'},
       'pre_tokenizer':null,
       'post_processor':{'type':'TemplateProcessing','single':[
         {'SpecialToken':{'id':'<bos>','type_id':0}},{'Sequence':{'id':'A','type_id':0}}],
         'pair':[],'special_tokens':{'<bos>':{'id':'<bos>','ids':[2],'tokens':['<bos>']}}},
       'decoder':{'type':'Sequence','decoders':[
         {'type':'Replace','pattern':{'String':'▁'},'content':' '},
         {'type':'ByteFallback'},{'type':'Fuse'}]},
       'model':{'type':'BPE','dropout':null,'unk_token':'<unk>',
         'continuing_subword_prefix':null,'end_of_word_suffix':null,'fuse_unk':true,
         'byte_fallback':true,'ignore_merges':false,
         'vocab':{'<pad>':0,'<eos>':1,'<bos>':2,'<unk>':3,'a':4,'b':5,'ab':6,'▁':7,'▁ab':8},
         'merges':['a b','▁ ab']}}
      """;

  static byte[] bytes(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  /** The honest file with one part replaced, which must be there once. */
  static byte[] changed(String old, String text) {
    int at = HONEST.indexOf(old);
    if (at < 0 || HONEST.indexOf(old, at + 1) >= 0) {
      throw new IllegalArgumentException(old + " is not there, or twice");
    }
    return bytes(HONEST.replace(old, text));
  }

  private static Arguments text(String name, String text, String message) {
    return arguments(name, bytes(text), message);
  }

  private static Arguments change(String name, String old, String text, String message) {
    return arguments(name, changed(old, text), message);
  }

  static Stream<Arguments> documents() {
    byte[] whole = bytes(HONEST);
    byte[] latin = whole.clone();
    latin[HONEST.indexOf("<pad>") + 1] = (byte) 0xff;
    return Stream.of(
        text("empty file", "", "ends too early"),
        text("null", "null", "must be an object"),
        text("an array", "[]", "must be an object"),
        text("an empty object", "{}", "there is no model; is this a tokenizer.json?"),
        text("a config", "{'model_type':'gemma2'}", "$.model_type: unknown key"),
        text("a byte order mark", "\ufeff" + HONEST, "begins with a byte order mark"),
        text("text after it", HONEST + "{}", "not valid JSON"),
        arguments("cut in the pieces", Arrays.copyOf(whole, whole.length - 60), "ends too early"),
        arguments(
            "cut in the merges", Arrays.copyOf(whole, whole.length - 8), "$.model.merges[1] (line"),
        arguments("cut by a brace", Arrays.copyOf(whole, whole.length - 2), "ends too early"),
        arguments("not UTF-8", latin, "not valid UTF-8"),
        change("a part twice", "'padding':null", "'version':'1.0'", "version is there twice"),
        change("two models", "'padding':null", "'model':{}", "model is there twice"),
        change("deep nesting", "'padding':null", "'padding':" + nested(), "Nesting limit 64"),
        change("deep merges", "['a b'", nested() + ",['a b'", "must be a string"));
  }

  private static String nested() {
    return "[".repeat(100) + "]".repeat(100);
  }

  static Stream<Arguments> parts() {
    return Stream.of(
        change("an unknown part", "'padding'", "'paddings'", "$.paddings: unknown key"),
        change("no version", "'version':'1.0',", "", "$.version: missing"),
        change("a later version", "'1.0'", "'2.0'", "$.version: \"2.0\" is not known"),
        change("a version that is a number", "'1.0'", "1.0", "$.version: must be a string"),
        change("truncation", "'truncation':null", "'truncation':{}", "$.truncation: is set"),
        change("padding", "'padding':null", "'padding':{}", "$.padding: is set"),
        change("another decoder", "'ByteFallback'", "'ByteLevel'", "$.decoder: only"),
        change("a decoder less", ",{'type':'Fuse'}", "", "$.decoder: only"),
        change("no model", "'model'", "'models'", "$.models: unknown key"),
        change("a model that is text", "'model':{", "'model':'x','padding':{", "must be an object"),
        change(
            "normalizer NFKC",
            "'type':'Replace','pattern':{'String':' '},'content':'▁'",
            "'type':'NFKC'",
            "$.normalizer.type: \"NFKC\" is not implemented"),
        change(
            "normalizer without type",
            "'normalizer':{'type':'Replace',",
            "'normalizer':{",
            "$.normalizer.type: missing"),
        change(
            "normalizer with an option",
            "'content':'▁'",
            "'content':'▁','x':1",
            "$.normalizer.x: unknown key"),
        change(
            "a regular expression",
            "{'String':' '}",
            "{'Regex':' '}",
            "$.normalizer.pattern.Regex: unknown key"),
        change("an empty pattern", "{'String':' '}", "{'String':''}", "String: is empty"),
        change(
            "a sequence of text",
            "'type':'Replace','pattern':{'String':' '},'content':'▁'",
            "'type':'Sequence','normalizers':['x']",
            "$.normalizer.normalizers[0]: must be an obj"),
        change(
            "pre-tokenizer of another type",
            "'pre_tokenizer':null",
            "'pre_tokenizer':{'type':'ByteLevel'}",
            "\"ByteLevel\" is not implemented"),
        split("inverted", "' '", "Removed", true, "$.pre_tokenizer.invert: is set"),
        split("unknown behaviour", "' '", "Kept", false, "$.pre_tokenizer.behavior: is not known"),
        split("empty", "''", "Removed", false, "$.pre_tokenizer.pattern.String: is empty"),
        change("another template", "TemplateProcessing", "RobertaProcessing", "not implemented"),
        change(
            "text first",
            "{'SpecialToken':{'id':'<bos>','type_id':0}},{'Sequence'",
            "{'Sequence':{'id':'A','type_id':0}},{'SpecialToken'",
            "$.post_processor.single: only"),
        change(
            "a token after the text",
            "{'SpecialToken':{'id':'<bos>','type_id':0}},",
            "{},{},",
            "$.post_processor.single: only"),
        change(
            "a token that is not listed",
            "'special_tokens':{'<bos>'",
            "'special_tokens':{'x'",
            "$.post_processor.special_tokens.<bos>: missing"),
        change("no id", "'ids':[2]", "'ids':[]", "<bos>.ids: there must be one id"),
        change("an id beyond the vocabulary", "'ids':[2]", "'ids':[9]", "there must be one id"),
        change("a negative id", "'ids':[2]", "'ids':[-1]", "there must be one id"));
  }

  private static Arguments split(
      String name, String pattern, String behavior, boolean invert, String message) {
    return change(
        "split: " + name,
        "'pre_tokenizer':null",
        "'pre_tokenizer':{'type':'Split','pattern':{'String':%s},'behavior':'%s','invert':%b}"
            .formatted(pattern, behavior, invert),
        message);
  }

  private static Arguments token(String name, String token, String message) {
    int start = HONEST.indexOf("[{'id':0");
    int end = HONEST.indexOf("}]", start) + 2;
    return change("added token: " + name, HONEST.substring(start, end), token, message);
  }

  static Stream<Arguments> addedTokens() {
    String flags =
        "'single_word':false,'lstrip':false,'rstrip':false,'normalized':false,'special':true}";
    String pad = "{'id':0,'content':'<pad>'," + flags;
    return Stream.of(
        token("no list", "null", "$.added_tokens: must be an array, not null"),
        token("no object", "[7]", "$.added_tokens[0]: must be an object, not 7"),
        token("no id", "[{'content':'<pad>'," + flags + "]", "$.added_tokens[0].id: missing"),
        token("no content", "[{'id':0," + flags + "]", "$.added_tokens[0].content: missing"),
        token("no flags", "[{'id':0,'content':'<pad>'}]", "single_word: missing"),
        token("an unknown flag", "[{'x':1," + pad.substring(1) + "]", "[0].x: unknown key"),
        token("another id", "[{'id':1,'content':'<pad>'," + flags + "]", "id: is 1, but \"<pad>\""),
        token("a negative id", "[{'id':-1,'content':'x'," + flags + "]", "id: is -1, but"),
        token("a gap", "[{'id':10,'content':'x'," + flags + "]", "is 10, but the next free one"),
        token("a huge id", "[{'id':4294967296,'content':'x'," + flags + "]", "is too large"),
        token("a piece again", "[{'id':9,'content':'a'," + flags + "]", "piece 9: is the same as"),
        token("empty", "[{'id':9,'content':''," + flags + "]", "piece 9: is empty"),
        token("twice", "[" + pad + "," + pad + "]", "\"<pad>\" is there twice"),
        token(
            "stripping", "[" + pad.replace("'lstrip':false", "'lstrip':true") + "]", "lstrip: is"),
        token("whole words", "[" + pad.replace("word':false", "word':true") + "]", "word: is set"),
        token(
            "a flag of text",
            "[" + pad.replace("false,'special", "'no','special") + "]",
            "normalized: must be true or false"));
  }

  static Stream<Arguments> models() {
    String vocab =
        "'vocab':{'<pad>':0,'<eos>':1,'<bos>':2,'<unk>':3,'a':4,'b':5,'ab':6,'▁':7,'▁ab':8}";
    String merges = "'merges':['a b','▁ ab']";
    return Stream.of(
        change("WordPiece", "'BPE'", "'WordPiece'", "$.model.type: only \"BPE\" is implemented"),
        change("no type", "'type':'BPE',", "", "$.model.type: missing"),
        change("an unknown setting", "'dropout'", "'droppout'", "$.model.droppout: unknown key"),
        change("dropout", "'dropout':null", "'dropout':0.1", "$.model.dropout: is set"),
        change("a prefix", "prefix':null", "prefix':'##'", "$.model.continuing_subword_prefix"),
        change("a suffix", "suffix':null", "suffix':'</w>'", "$.model.end_of_word_suffix: is set"),
        change("ignored merges", "merges':false", "merges':true", "$.model.ignore_merges: is set"),
        change("no unknown token", "'unk_token':'<unk>'", "'unk_token':null", "$.model.unk_token"),
        change("an unknown token of no id", "'unk_token':'<unk>'", "'unk_token':'x'", "not in the"),
        change("an unknown token of merges", "'unk_token':'<unk>'", "'unk_token':'b c'", "not in"),
        change("byte fallback as text", "fallback':true", "fallback':'y'", "$.model.byte_fallback"),
        change("no fusing", "'fuse_unk':true,", "", "$.model.fuse_unk: missing"),
        change("no pieces", vocab, "'vocab':{}", "$.model.unk_token: is not in the vocabulary"),
        change("pieces in an array", vocab, "'vocab':[]", "$.model.vocab (line 15 column"),
        change("no vocabulary", vocab + ",", "", "$.model.unk_token: is not in the vocabulary"),
        change(
            "an id twice", "'ab':6", "'ab':5", "$.model.vocab.ab: has the id 5, which \"b\" has"),
        change("a gap", "'▁ab':8", "'▁ab':9", "has the id 9, which is too large for 9 pieces"),
        change("a negative id", "'ab':6", "'ab':-6", "must be a whole number from 0 to"),
        change("a fraction", "'ab':6", "'ab':6.0", "must be a whole number"),
        change("an id of text", "'ab':6", "'ab':'6'", "$.model.vocab.ab (line 15 column"),
        change("a huge id", "'ab':6", "'ab':" + "9".repeat(400), "must be a whole number"),
        change("a piece twice", "'b':5", "'a':5", "the key a is there twice"),
        change("an empty piece", "'b':5", "'':5", "piece 5: is empty"),
        change("an endless piece", "'b':5", "'" + "x".repeat(5000) + "':5", "has 5000 characters"),
        change("half a surrogate pair", "'b':5", "'\\ud800':5", "half of a surrogate pair"),
        change("no merges", ",\n   " + merges, "", "$.model.merges: missing"),
        change("merges in an object", merges, "'merges':{}", "$.model.merges (line 16 column"),
        merge("an unknown left", "'c b'", "$.model.merges[0]: \"c\" is not in the vocabulary"),
        merge("an unknown right", "'a c'", "$.model.merges[0]: \"c\" is not in the vocabulary"),
        merge("of no outcome", "'b a'", "$.model.merges[0]: \"ba\" is not in the vocabulary"),
        merge("twice", "'a b','a b'", "$.model.merges[1]: of \"a\" and \"b\", is there twice"),
        merge("of one part", "'ab'", "(line 16 column 18): a merge is two pieces with one space"),
        merge("of three parts", "'a b c'", "two pieces with one space between them"),
        merge("a number", "7", "must be an array"),
        merge("null", "null", "must be an array"),
        merge("pairs and strings", "['a','b'],'a b'", "some merges are strings and some"),
        merge("a pair of one", "['a']", "a merge is two pieces"),
        merge("a pair of three", "['a','b','a']", "a merge is two pieces"),
        merge("a pair of none", "[]", "a merge is two pieces"),
        merge("a pair of numbers", "[1,2]", "must be a string"));
  }

  private static Arguments merge(String name, String merges, String message) {
    return change("merge: " + name, "['a b','▁ ab']", "[" + merges + "]", message);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"documents", "parts", "addedTokens", "models"})
  void refuses(String name, byte[] file, String message) {
    TestFiles.assertMalformed(() -> TokenizerFile.open("f.json", file), "f.json: ", message);
  }

  @Test
  void acceptsTheHonestFileThatTheCasesAreMadeFrom() {
    Tokenizer tokenizer = TokenizerFile.open("f.json", bytes(HONEST));
    assertArrayEquals(
        new int[] {2, 6, 8, 5, 7, 4, 3}, tokenizer.encode("ab abb ac", true, Specials.TEXT));
    assertEquals(9, tokenizer.vocabSize());
  }

  @Test
  void readsPiecesAndMergesInAnyOrderAndForm() {
    String merges = "'merges':['a b','▁ ab']";
    String late = HONEST.replace(",\n   " + merges, "").replace("'vocab'", merges + ",'vocab'");
    for (String form :
        new String[] {"'a b','▁ ab'", "'#version: 0.2','a b','▁ ab'", "['a','b'],['▁','ab']"}) {
      for (String text : new String[] {HONEST, late}) {
        Tokenizer tokenizer = TokenizerFile.open("f", bytes(text.replace("'a b','▁ ab'", form)));
        assertArrayEquals(
            new int[] {6, 8}, tokenizer.encode("ab ab", false, Specials.TEXT), form + text);
      }
    }
  }
}
