"""Records google-deepmind/gemma in bfloat16, operation by operation on CPU:  python policy_deepmind.py CASES_DIR OUT_DIR GEMMA_DIR

GEMMA_DIR is a checkout of commit 7691fd4 (kauldron importable). The operations of Block are repeated here one by one, so that
each intermediate can be kept; every layer is checked to give the bits of Block itself.
"""
import sys, json, os
sys.path.insert(0, sys.argv[3])
import jax, jax.numpy as jnp, numpy as np, torch
from safetensors.torch import load_file, save_file
from gemma.gm.nn import _modules as M, _layers as L
from gemma.gm.math import _positional_embeddings as P
from flax import linen as nn
def j(t): return jnp.asarray(t.float().numpy()).astype(jnp.bfloat16)
def run(folder, ids):
    cfg=json.load(open(folder+'/config.json')); w={k:j(v) for k,v in load_file(folder+'/model.safetensors').items()}
    D,N,K,H,F=cfg['hidden_size'],cfg['num_attention_heads'],cfg['num_key_value_heads'],cfg['head_dim'],cfg['intermediate_size']
    n=cfg['num_hidden_layers']; kinds=cfg.get('layer_types') or ['sliding_attention' if l%2==0 else 'full_attention' for l in range(n)]
    out={}
    def at(name,x): out[name]=x; return x
    T=len(ids); pos=jnp.arange(T)[None]; mask=jnp.tril(jnp.ones((1,T,T),bool))
    scalar=cfg['query_pre_attn_scalar']**-0.5; cap=cfg['attn_logit_softcapping']; W=cfg['sliding_window']; eps=1e-6
    E=w['model.embed_tokens.weight']
    emb=M.Embedder(vocab_size=cfg['vocab_size'],embed_dim=D)
    ep={'params':{'input_embedding':E}}
    x=at('hook_embed',emb.apply(ep,jnp.array([ids]),method=M.Embedder.encode))
    def norm(x,s,hat=None):
        if hat:
            var=jnp.mean(jnp.square(x),axis=-1,keepdims=True); at(hat,x*jax.lax.rsqrt(var+1e-06))
        return L.RMSNorm().apply({'params':{'scale':s}},x)
    for l in range(n):
        b=f'blocks.{l}.'; g=lambda k: w[f'model.layers.{l}.{k}.weight']
        local=kinds[l]=='sliding_attention'
        block=M.Block(num_heads=N,num_kv_heads=K,embed_dim=D,head_dim=H,hidden_dim=F,use_post_attn_norm=True,use_post_ffw_norm=True,attn_type=M.AttentionType.LOCAL_SLIDING if local else M.AttentionType.GLOBAL,query_pre_attn_scalar=scalar,transpose_gating_einsum=True,attn_logits_soft_cap=cap,sliding_window_size=W)
        q=g('self_attn.q_proj').reshape(N,H,D).transpose(0,2,1); k=g('self_attn.k_proj').reshape(K,H,D).transpose(0,2,1); v=g('self_attn.v_proj').reshape(K,H,D).transpose(0,2,1)
        o=g('self_attn.o_proj').reshape(D,N,H).transpose(1,2,0)
        params={'attn':{'q_einsum':{'w':q},'kv_einsum':{'w':jnp.stack([k,v])},'attn_vec_einsum':{'w':o}},
         'pre_attention_norm':{'scale':g('input_layernorm')},'post_attention_norm':{'scale':g('post_attention_layernorm')},'pre_ffw_norm':{'scale':g('pre_feedforward_layernorm')},'post_ffw_norm':{'scale':g('post_feedforward_layernorm')},
         'mlp':{'gating_einsum':jnp.stack([g('mlp.gate_proj'),g('mlp.up_proj')]),'linear':g('mlp.down_proj').T}}
        _,want=block.apply({'params':params},x,pos,None,mask)
        at(b+'hook_resid_pre',x)
        a=at(b+'attn.hook_in',norm(x,g('input_layernorm'),b+'ln1.hook_normalized'))
        qp=at(b+'attn.hook_q',jnp.einsum('BTD,NDH->BTNH',a,q)); kp,vp=jnp.einsum('BSD,CKDH->CBSKH',a,jnp.stack([k,v]))
        at(b+'attn.hook_k',kp); at(b+'attn.hook_v',vp)
        rq=at(b+'attn.hook_rot_q',P.apply_rope(qp,pos,base_frequency=int(cfg.get('rope_theta') or 10000))); rk=at(b+'attn.hook_rot_k',P.apply_rope(kp,pos,base_frequency=int(cfg.get('rope_theta') or 10000)))
        qs=rq*scalar
        qs=qs.reshape(1,T,K,N//K,H)
        s=jnp.einsum('BTKGH,BSKH->BTKGS',qs,rk).reshape(1,T,N,T)
        at(b+'attn.hook_scores_raw',s.transpose(0,2,1,3))
        if cap: s=jnp.tanh(s/cap); s=s*cap
        at(b+'attn.hook_scores_capped',s.transpose(0,2,1,3))
        m=mask
        if local: m=m*M.create_sliding_mask(pos,cache_positions=None,sliding_window_size=W)
        pr=jax.nn.softmax(jnp.where(jnp.expand_dims(m,-2),s,M.K_MASK),axis=-1).astype(rk.dtype)
        at(b+'attn.hook_pattern',pr.transpose(0,2,1,3))
        z=jnp.einsum('BTKGS,BSKH->BTKGH',pr.reshape(1,T,K,N//K,T),vp).reshape(1,T,N,H); at(b+'attn.hook_z',z)
        ao=at(b+'attn.hook_out',jnp.einsum('BTNH,NHD->BTD',z,o))
        an=at(b+'hook_attn_out',norm(ao,g('post_attention_layernorm')))
        mid=at(b+'hook_resid_mid',an+x)
        mi=at(b+'mlp.hook_in',norm(mid,g('pre_feedforward_layernorm'),b+'ln2.hook_normalized'))
        gate=jnp.einsum('...F,NHF->...NH',mi,params['mlp']['gating_einsum'])
        at(b+'mlp.hook_pre',gate[...,0,:]); at(b+'mlp.hook_pre_linear',gate[...,1,:])
        act=at(b+'mlp.hook_post',nn.gelu(gate[...,0,:])*gate[...,1,:])
        mo=at(b+'mlp.hook_out',jnp.einsum('...H,HF->...F',act,params['mlp']['linear']))
        mn=at(b+'hook_mlp_out',norm(mo,g('post_feedforward_layernorm')))
        x=at(b+'hook_resid_post',mn+mid)
        assert bool(jnp.array_equal(x,want)), (l, float(jnp.max(jnp.abs(x.astype(jnp.float32)-want.astype(jnp.float32)))))
    y=at('unembed.hook_in',norm(x,w['model.norm.weight'],'ln_final.hook_normalized'))
    lg=at('unembed.hook_logits_raw',emb.apply(ep,y,method=M.Embedder.decode))
    fc=cfg['final_logit_softcapping']
    if fc:
        lg=lg/fc; lg=jnp.tanh(lg)*fc
    at('hook_logits',lg)
    return {k:torch.from_numpy(np.array(v[0].astype(jnp.float32))).to(torch.bfloat16).contiguous() for k,v in out.items()}
CASES, OUT = sys.argv[1:3]
for case in ('mild', 'hot'):
    folder = os.path.join(CASES, case)
    ids = json.load(open(os.path.join(folder, 'input.json')))['ids']
    save_file(run(folder, ids), os.path.join(OUT, f'bf16-deepmind.{case}.safetensors'))
    print('ok',case)
