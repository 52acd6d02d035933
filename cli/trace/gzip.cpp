#include "cli/trace/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <new>

namespace seqspan::cli {
namespace {

// Window bits of deflate, plus 16 for the header and trailer of gzip.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's own default
constexpr std::size_t kPiece = std::size_t{1} << 20U;

uInt piece_of(std::size_t left) { return static_cast<uInt>(std::min(left, kPiece)); }

// zlib never writes to its input.
Bytef* input_of(std::string_view text) {
  return const_cast<Bytef*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
      reinterpret_cast<const Bytef*>(text.data()));
}

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string result;
  std::string piece(kPiece, '\0');
  stream.next_in = input_of(text);
  std::size_t left = text.size();
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      stream.avail_in = piece_of(left);
      left -= stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = deflate(&stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
    result.append(piece, 0, piece.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return result;
}

bool is_gzip(std::string_view bytes) { return bytes.substr(0, 2) == "\x1f\x8b"; }

sim::Result<std::string> gunzip(std::string_view bytes, std::size_t most, const std::string& file) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  std::string result;
  std::string piece(kPiece, '\0');
  stream.next_in = input_of(bytes);
  std::size_t left = bytes.size();
  int state = Z_OK;
  while (state == Z_OK && result.size() <= most) {
    if (stream.avail_in == 0) {
      if (left == 0) break;
      stream.avail_in = piece_of(left);
      left -= stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    result.append(piece, 0, piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result.size() > most) {
    return sim::input_error(fmt::format("more than {} bytes when unpacked", most), file);
  }
  if (state == Z_STREAM_END) return result;
  return sim::input_error("the gzip data is cut off or damaged", file, {},
                          "write the file again: seqspan simulate JOB --layout L --trace FILE");
}

}  // namespace seqspan::cli
