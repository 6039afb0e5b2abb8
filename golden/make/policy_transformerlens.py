"""Records TransformerLens 3.9.0, HookedTransformer with its default folding and without processing:

python policy_transformerlens.py CASES_DIR OUT_DIR
"""
import sys, os, json, warnings
warnings.filterwarnings("ignore")
import torch
import transformer_lens as tl
from transformer_lens.pretrained.weight_conversions.gemma import convert_gemma_weights
import transformers.models.gemma2.modeling_gemma2 as g2
from safetensors.torch import save_file
def run(folder, dtype, fold):
    c, ids = json.load(open(folder+'/config.json')), json.load(open(folder+'/input.json'))['ids']
    L=c['num_hidden_layers']; kinds=c.get('layer_types') or [("sliding_attention","full_attention")[l%2] for l in range(L)]
    theta=c["rope_theta"] if "rope_theta" in c else c["rope_parameters"]["rope_theta"]
    cfg=tl.HookedTransformerConfig(n_layers=L,d_model=c["hidden_size"],n_ctx=1024,d_head=c["head_dim"],n_heads=c["num_attention_heads"],n_key_value_heads=c["num_key_value_heads"],d_mlp=c["intermediate_size"],d_vocab=c["vocab_size"],act_fn="gelu_pytorch_tanh",normalization_type="RMS",eps=c["rms_norm_eps"],positional_embedding_type="rotary",rotary_dim=c["head_dim"],rotary_base=int(theta),final_rms=True,gated_mlp=True,use_attn_scale=True,attn_scale=c["query_pre_attn_scalar"]**0.5,window_size=c["sliding_window"],use_local_attn=True,attn_types=["local" if k=="sliding_attention" else "global" for k in kinds],attn_scores_soft_cap=c["attn_logit_softcapping"] or -1.0,output_logits_soft_cap=c["final_logit_softcapping"] or -1.0,use_normalization_before_and_after=True,original_architecture="Gemma2ForCausalLM",dtype=dtype,device="cpu")
    source=g2.Gemma2ForCausalLM.from_pretrained(folder,dtype=dtype,attn_implementation="eager").eval()
    # the conversion reads the unscaled table
    state=convert_gemma_weights(source,cfg)
    model=tl.HookedTransformer(cfg)
    if fold: model.load_and_process_state_dict(state,fold_ln=True,center_writing_weights=False,center_unembed=False,fold_value_biases=True,refactor_factored_attn_matrices=False)
    else: model.load_state_dict(state,strict=False)
    with torch.no_grad(): logits,cache=model.run_with_cache(torch.tensor([ids]))
    out={k:cache[k][0].contiguous() for k in cache.keys() if 'hook_scale' not in k and 'attn_scores' not in k}
    out['hook_logits']=logits[0].contiguous()
    return {k:v.clone() for k,v in out.items()}
for name,dt,fold in (('tl-folded',torch.float32,True),('f32-transformer-lens',torch.float32,False),('bf16-transformer-lens',torch.bfloat16,False)):
    for case in ('mild',):
        save_file(run(os.path.join(sys.argv[1], case),dt,fold),os.path.join(sys.argv[2], f'{name}.{case}.safetensors')); print(name,case)
