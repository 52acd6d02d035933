#include "profiles/read_lengths.hpp"

#include "sim/spec/document_lengths.hpp"

namespace seqspan::profiles {

sim::Result<std::optional<sim::InputFile>> read_lengths(sim::Job& job,
                                                        const sim::json::Value& document,
                                                        const NamedFile& folder) {
  if (!job.training.documents) return std::nullopt;
  auto* listed = std::get_if<sim::ListedLengths>(&job.training.documents->lengths);
  if (listed == nullptr) return std::nullopt;
  const sim::json::Place& place = document.find("training")->find("documents")->find("file")->place;
  const NamedFile start = place.on_command_line() ? NamedFile{} : folder;
  const std::string shown =
      (std::filesystem::path(start.shown) / listed->file).lexically_normal().string();
  auto text = sim::read_input_file(start.path / listed->file, shown, sim::kLargestLengthsFile);
  if (!text) {
    sim::Error error = text.error();
    if (error.why.empty()) {
      error.why = "it is named at " + sim::json::where(place, "training.documents.file");
    }
    return tl::unexpected(std::move(error));
  }
  auto lengths = sim::parse_lengths(text->text, shown);
  if (!lengths) return tl::unexpected(lengths.error());
  listed->lengths = std::make_shared<const std::vector<std::int64_t>>(std::move(*lengths));
  return std::move(text->file);
}

}  // namespace seqspan::profiles
