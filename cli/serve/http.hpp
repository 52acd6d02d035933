// The little of HTTP/1.1 (RFC 9110, RFC 9112) that `seqspan serve` speaks: requests without a body,
// one for each connection. Boost.Beast reads and writes the messages; what is taken is decided
// here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace seqspan::cli {

struct HttpRequest {
  std::string method;
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded; a key that comes twice is refused
  std::map<std::string, std::string> headers;  // names in lower case

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
};

// What is read of a request at most: its line and its headers.
inline constexpr std::size_t kLongestRequest = 8192;

// More bytes are needed.
struct Incomplete {};
// A request, more bytes needed, or the answer to one that is refused.
using ReadRequest = std::variant<Incomplete, HttpRequest, HttpResponse>;

// Of what has come so far. Never reads past the end of the headers; a request that announces a body
// is refused, and so is one that is longer than kLongestRequest.
[[nodiscard]] ReadRequest read_request(std::string_view received);

// Who may ask: a page of this server itself, or a program on this machine. Refused are other names
// for it (DNS rebinding) and other pages (Origin, Sec-Fetch-Site).
[[nodiscard]] bool is_from_here(const HttpRequest& request, std::uint16_t port);

// The JSON of an error: `format_version`, `error` of `what` and, where there is more, `why`, `fix`,
// `code`.
[[nodiscard]] HttpResponse refusal(int status, std::string_view what, std::string_view why = {},
                                   std::string_view fix = {}, std::string_view code = {});

// Whole, with the headers that keep browsers from doing anything else with it. `with_body`: not for
// HEAD.
[[nodiscard]] std::string response_text(const HttpResponse& response, bool with_body = true);

}  // namespace seqspan::cli
