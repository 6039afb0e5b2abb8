// Records a model as candle-mi runs it, in float32, under its own names:  dump_candle_mi MODEL IDS OUT
// With  python dump_program.py first_layer OUT OUT  afterwards, the file keeps what those of the other programs keep.
// Cargo.toml: candle-mi = { version = "=0.2.2", default-features = false, features = ["transformer"] },
// candle-core = "0.11", candle-nn = "0.11", serde_json = "1".
use candle_core::{DType, Device, Tensor};
use candle_mi::{GenericTransformer, HookPoint, HookSpec, MIBackend, TransformerConfig};
use std::collections::HashMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let (folder, ids, out) = (&arguments[1], &arguments[2], &arguments[3]);
    let json = std::fs::read_to_string(format!("{folder}/config.json"))?;
    let config = TransformerConfig::from_hf_config(&serde_json::from_str(&json)?)?;
    let layers = config.num_layers;
    let files = [format!("{folder}/model.safetensors")];
    let weights = unsafe { candle_nn::VarBuilder::from_mmaped_safetensors(&files, DType::F32, &Device::Cpu)? };
    let model = GenericTransformer::load(config, &Device::Cpu, DType::F32, weights)?;
    let mut hooks = HookSpec::new();
    hooks.capture(HookPoint::Embed).capture(HookPoint::FinalNorm);
    let points = [
        HookPoint::ResidPre, HookPoint::AttnQ, HookPoint::AttnK, HookPoint::AttnV, HookPoint::AttnScores, HookPoint::AttnPattern,
        HookPoint::AttnOut, HookPoint::ResidMid, HookPoint::MlpPre, HookPoint::MlpPost, HookPoint::MlpOut, HookPoint::ResidPost,
    ];
    for layer in 0..layers {
        hooks.capture_all(points.map(|point| point(layer)));
    }
    let ids: Vec<u32> = ids.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let length = ids.len();
    let cache = model.forward(&Tensor::from_vec(ids, (1, length), &Device::Cpu)?, &hooks)?;
    let mut tensors: HashMap<String, Tensor> = HashMap::from([("logits".to_string(), cache.output().clone())]);
    for (point, tensor) in cache.captures() {
        tensors.insert(point.to_string(), tensor.contiguous()?);
    }
    candle_core::safetensors::save(&tensors, out)?;
    Ok(())
}
