import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.util.DebugSupport;
import java.io.File;
import java.util.Arrays;
import java.util.Optional;

/**
 * Records Jlama 0.8.4 under its own names: {@code java -Ddump.dir=OUT -cp THIS:jlama-core.jar:…
 * JlamaDump MODEL IDS}. MODEL is what {@code loupe synth} makes of config.json and knobs.json in
 * cli/src/test/resources/loupe/cli/jlama, with any tokenizer.json. The test keeps layer 0.
 */
public class JlamaDump {
  public static void main(String[] arguments) throws Exception {
    AbstractModel model =
        ModelSupport.loadModel(
            new File(arguments[0]), null, DType.F32, DType.F32, Optional.empty(), Optional.of(1));
    int[] ids = Arrays.stream(arguments[1].split(",")).mapToInt(Integer::parseInt).toArray();
    AbstractTensor logits = model.makeDenseTensor(model.getConfig().vocabularySize);
    try (KvBufferCache.KvBuffer kv = new KvBufferCache(model).getEphemeralKvBuffer();
        AbstractTensor hidden = model.batchForward(ids, 0, kv)) {
      model.sample(hidden.slice(ids.length - 1), 0f, 0f, logits);
    }
    DebugSupport.write("logits", logits);
    System.exit(0);
  }
}
