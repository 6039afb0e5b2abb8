// One row of the table of peers: times llama.cpp through its C interface and prints one JSON object.
// usage: llama_cpp MODEL.gguf THREADS REPS
// It stays as it comes: flash attention, keys and values cached in float16.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "ggml-backend.h"
#include "llama.h"

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static std::vector<int> prompt(int length) {
  std::vector<int> ids(length, 2);
  for (int i = 1; i < length; i++) ids[i] = 1000 + (int)((long long)i * 7919 % 200000);
  return ids;
}

struct Run {
  llama_context* context;
  int vocabulary;

  void clear() { llama_memory_clear(llama_get_memory(context), true); }

  int greedy(std::vector<int> ids) {
    if (llama_decode(context, llama_batch_get_one(ids.data(), (int)ids.size()))) exit(1);
    const float* logits = llama_get_logits_ith(context, -1);
    return (int)(std::max_element(logits, logits + vocabulary) - logits);
  }
};

static void list(const char* name, const std::vector<double>& values, const char* format) {
  printf(",\"%s\":[", name);
  for (size_t i = 0; i < values.size(); i++) {
    if (i) printf(",");
    printf(format, values[i]);
  }
  printf("]");
}

int main(int count, char** arguments) {
  const double start = seconds();
  if (count != 4) return 2;
  const int threads = atoi(arguments[2]), reps = atoi(arguments[3]);
  llama_log_set([](ggml_log_level level, const char* text, void*) {
    if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
  }, nullptr);
  llama_backend_init();
  ggml_backend_load_all();
  llama_model* model = llama_model_load_from_file(arguments[1], llama_model_default_params());
  if (!model) return 1;
  const double loaded = seconds();
  llama_context_params settings = llama_context_default_params();
  settings.n_ctx = 1024;
  settings.n_batch = settings.n_ubatch = 512;
  settings.n_threads = settings.n_threads_batch = threads;
  Run run{llama_init_from_model(model, settings), llama_vocab_n_tokens(llama_model_get_vocab(model))};
  if (!run.context) return 1;

  const int first = run.greedy(prompt(64));
  printf("{\"threads\":%d,\"load_s\":%.3f,\"ttft64_s\":%.3f,\"argmax64\":%d", threads, loaded - start, seconds() - start, first);
  const float* logits = llama_get_logits_ith(run.context, -1);
  list("logits64", std::vector<double>(logits + 1000, logits + 1008), "%.7g");

  run.clear();
  printf(",\"argmax512\":%d", run.greedy(prompt(512)));
  std::vector<double> prefill, decode, tokens;
  for (int rep = 0; rep < reps; rep++) {
    run.clear();
    const double begun = seconds();
    run.greedy(prompt(512));
    prefill.push_back(seconds() - begun);
  }
  for (int rep = -1; rep < reps; rep++) {  // once for nothing, as a warm-up
    run.clear();
    tokens.assign(1, run.greedy(prompt(64)));
    const double begun = seconds();
    for (int i = 0; i < 64; i++) tokens.push_back(run.greedy({(int)tokens.back()}));
    if (rep >= 0) decode.push_back(seconds() - begun);
  }
  list("prefill512_s", prefill, "%.6f");
  list("decode64_s", decode, "%.6f");
  list("tokens", tokens, "%.0f");
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf(",\"peak_rss_mb\":%ld}\n", usage.ru_maxrss / 1024);
  llama_free(run.context);
  llama_model_free(model);
}
