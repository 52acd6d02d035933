#include "real/execute/run_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "real/execute/kernel.hpp"

namespace seqspan::real {
namespace {

// The tensors of one op, as its kernel sees them.
class KernelOperands {
 public:
  KernelOperands(const sim::Program& program, const PartTensors& tensors, const HostAccess& host)
      : program_(program), tensors_(tensors), host_(host) {}

  [[nodiscard]] sim::Result<std::vector<Operand>> of(const sim::Operands& ids) {
    std::vector<Operand> operands;
    for (const sim::TensorId id : ids) {
      Operand& operand =
          operands.emplace_back(Operand{&program_.tensor(id), {}, tensors_.ring_owner(id)});
      for (const MemoryBlock* block : tensors_.copies(id)) {
        const auto floats = floats_of(block->memory);
        if (!floats) return tl::unexpected(floats.error());
        operand.copies.push_back(*floats);
      }
    }
    return operands;
  }

  // Copies back what the kernel may have written.
  [[nodiscard]] sim::Result<void> write_back() const {
    for (const HostCopy& copy : copies_) {
      if (auto back = host_.write(copy.bytes, copy.memory); !back) return back;
    }
    return {};
  }

 private:
  struct HostCopy {
    std::vector<std::byte> bytes;
    Memory memory;
  };

  [[nodiscard]] sim::Result<Floats> floats_of(const Memory& memory) {
    const auto bytes = static_cast<std::size_t>(memory.size.value());
    std::byte* address = memory.address;
    if (!host_.is_direct()) {
      // One copy for each block, however many operands it is.
      auto copy = std::find_if(copies_.begin(), copies_.end(),
                               [&](const HostCopy& known) { return known.memory == memory; });
      if (copy == copies_.end()) {
        copies_.push_back({std::vector<std::byte>(bytes), memory});
        copy = std::prev(copies_.end());
        if (auto there = host_.read(memory, copy->bytes); !there) {
          return tl::unexpected(there.error());
        }
      }
      address = copy->bytes.data();
    }
    return Floats(std::span(reinterpret_cast<float*>(address), bytes / sizeof(float)));
  }

  const sim::Program& program_;
  const PartTensors& tensors_;
  const HostAccess& host_;
  std::deque<HostCopy> copies_;
};

}  // namespace

sim::Result<void> run_kernel(const sim::Op& op, const sim::Program& program,
                             const PartTensors& tensors, const LayerShare& share,
                             const HostAccess& host, sim::Flops& flops) {
  const std::string where = fmt::format("op '{}'", op.name);
  const Kernel kernel = find_kernel(op.name);
  if (kernel == nullptr) {
    return sim::input_error("an op that --check cannot compute", where,
                            "it has no kernel on the host", "leave out --check");
  }
  KernelOperands operands(program, tensors, host);
  auto reads = operands.of(op.reads);
  if (!reads) return tl::unexpected(reads.error());
  auto writes = operands.of(op.writes);
  if (!writes) return tl::unexpected(writes.error());
  const KernelCall call{share, *std::move(reads), *std::move(writes), flops};
  try {
    if (auto ran = kernel(call); !ran) return ran;
  } catch (const std::out_of_range& error) {
    return sim::input_error(error.what(), where,
                            "the program's tensors are not what the op computes with");
  }
  return operands.write_back();
}

}  // namespace seqspan::real
