#include "profiles/read_job.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "profiles/read_profile.hpp"
#include "profiles/reference.hpp"
#include "sim/errors/format_error.hpp"

namespace seqspan::profiles {
namespace {

constexpr const char* kJob = "configs/jobs/llama3-8b-128k.json";

TEST(ReadJob, EveryShippedFileReads) {
  for (const auto& entry : std::filesystem::directory_iterator("configs/jobs")) {
    const auto job = read_job(entry.path().string(), ".");
    EXPECT_TRUE(job) << entry.path() << (job ? "" : sim::format_error(job.error()));
  }
  for (const std::string& name : shipped_names(ConfigKind::kCluster, ".")) {
    const auto cluster = read_cluster(name, ".");
    ASSERT_TRUE(cluster) << (cluster ? "" : sim::format_error(cluster.error()));
    EXPECT_EQ(cluster->name, name);
  }
  for (const std::string& name : shipped_names(ConfigKind::kDevice, ".")) {
    const auto device = read_device(name, ".");
    ASSERT_TRUE(device) << (device ? "" : sim::format_error(device.error()));
    EXPECT_FALSE(device->sources.at("efficiency.gemm").empty());
    EXPECT_TRUE(device->host.known()) << name;
    EXPECT_FALSE(device->sources.at("host.product").empty());
  }
  for (const std::string& name : shipped_names(ConfigKind::kFabric, ".")) {
    EXPECT_TRUE(read_fabric(name, ".")) << name;
  }
  for (const std::string& name : shipped_names(ConfigKind::kModel, ".")) {
    EXPECT_EQ(read_model(name, ".")->name, name);
  }
}

// What calls cost the host can be set like any number of a device; all of it is there or nothing.
TEST(ReadJob, CostsOfTheHost) {
  const auto set = read_job(kJob, ".", {"cluster.device.host.product=40us"});
  ASSERT_TRUE(set) << sim::format_error(set.error());
  EXPECT_NEAR(set->cluster.device.host.product.value(), 40e-6, 1e-15);
  for (const char* wrong :
       {"cluster.device.host.products=40us", "cluster.device.host.product=0us",
        "cluster.device.host.pass=-1us", "cluster.device.host.attention=2s",
        "cluster.device.host.collective=much", "cluster.device.host={\"product\": \"20us\"}"}) {
    EXPECT_FALSE(read_job(kJob, ".", {wrong})) << wrong;
  }
}

TEST(ReadJob, ListsItsInputsByShownName) {
  const auto job = read_job(kJob, ".");
  ASSERT_TRUE(job);
  std::vector<std::string> paths;
  for (const sim::InputFile& input : job->inputs) paths.push_back(input.path);
  const std::vector<std::string> expected = {
      kJob, "configs/models/Llama-3-8B/config.json", "configs/clusters/h100-1x8.json",
      "profiles/devices/H100-SXM5-80GB.json", "profiles/fabrics/ndr-400.json"};
  EXPECT_EQ(paths, expected);
}

// Of a job file, lengths are relative to it; of --set, to the working folder (the root here).
TEST(ReadJob, ReadsLengthsOfDocuments) {
  const auto job = read_job("tests/golden/lengths/job.json", ".");
  ASSERT_TRUE(job) << sim::format_error(job.error());
  ASSERT_TRUE(job->training.documents);
  const auto& listed = std::get<sim::ListedLengths>(job->training.documents->lengths);
  EXPECT_EQ(*listed.lengths, (std::vector<std::int64_t>{1200, 131072, 64, 9000}));
  EXPECT_EQ(job->inputs.back().path, "tests/golden/lengths/lengths.jsonl");
  const auto set =
      read_job(kJob, ".", {"training.documents.file=tests/golden/lengths/lengths.txt"});
  ASSERT_TRUE(set) << sim::format_error(set.error());
  EXPECT_EQ(*std::get<sim::ListedLengths>(set->training.documents->lengths).lengths,
            (std::vector<std::int64_t>{4096, 1, 8192}));
}

// Documents that fill a row each are no documents: everything is as without them.
TEST(ReadJob, LeavesOutDocumentsOfWholeRows) {
  EXPECT_FALSE(read_job(kJob, ".", {"training.documents.fixed=128K"})->training.documents);
  EXPECT_FALSE(read_job(kJob, ".", {"training.documents.fixed=256K"})->training.documents);
  EXPECT_TRUE(read_job(kJob, ".", {"training.documents.fixed=64K"})->training.documents);
  EXPECT_TRUE(read_job(kJob, ".", {"training.documents.fixed=200K"})->training.documents);
}

TEST(ReadJob, WarnsBeyondTheModelsPositions) {
  const auto job = read_job(kJob, ".");  // 131072 tokens, Llama-3-8B has 8192 positions
  ASSERT_EQ(job->warnings.size(), 1U);
  EXPECT_EQ(job->warnings.front().code, "sequence_beyond_max_positions");
  EXPECT_TRUE(read_job(kJob, ".", {"training.sequence_length=8K"})->warnings.empty());
}

TEST(ReadJob, SettingsReachEveryDocument) {
  const auto job = read_job(
      kJob, ".",
      {"model.num_hidden_layers=2", "cluster.device.memory=40GiB", "cluster.fabric=hdr-200",
       "cluster.nodes=4", "training.sequence_length=256K", "layout.tp=4", "framework=deepspeed"});
  ASSERT_TRUE(job) << sim::format_error(job.error());
  EXPECT_EQ(job->model.towers.front().layer_count(), 2);
  EXPECT_EQ(job->cluster.device.memory, sim::Bytes(40 * sim::kGibi));
  EXPECT_EQ(job->cluster.device.sources.at("memory"), "given as --set cluster.device.memory=40GiB");
  EXPECT_EQ(job->cluster.nic.name, "InfiniBand HDR 200");
  EXPECT_EQ(job->cluster.nodes, 4);
  EXPECT_EQ(job->training.sequence_length, 262144);
  EXPECT_EQ(job->layout.tp, 4);
  EXPECT_EQ(job->framework, sim::Framework::kDeepSpeed);
}

TEST(MakeJob, WarnsOfLayersThatAreLeftOut) {
  JobOptions options;
  options.model = "DeepSeek-V3";
  options.cluster = "h100-16x8";
  options.sequence_length = "32K";
  options.settings = {"training.global_batch_size=128"};
  const auto job = make_job(options, ".");
  ASSERT_TRUE(job) << sim::format_error(job.error());
  ASSERT_EQ(job->warnings.size(), 1U);
  EXPECT_EQ(job->warnings.front().code, "prediction_layers_left_out");
  EXPECT_EQ(job->warnings.front().path, "model.num_nextn_predict_layers");
}

TEST(MakeJob, NeedsNoFile) {
  JobOptions options;
  options.model = "Qwen3-8B";
  options.cluster = "h100-1x8";
  options.sequence_length = "32K";
  options.settings = {"training.global_batch_size=8"};
  const auto job = make_job(options, ".");
  ASSERT_TRUE(job) << sim::format_error(job.error());
  EXPECT_EQ(job->name, "Qwen3-8B on h100-1x8");
  EXPECT_EQ(job->training.sequence_length, 32768);
  options.settings.clear();
  EXPECT_EQ(make_job(options, ".").error().what, "'global_batch_size' is missing");
}

}  // namespace
}  // namespace seqspan::profiles
