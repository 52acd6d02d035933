#include "cli/serve/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http.hpp>
#include <optional>
#include <sstream>

#include "cli/render/format_version.hpp"
#include "cli/render/result_parts.hpp"

namespace seqspan::cli {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMostHeaders = 100;
constexpr std::string_view kEndOfHeaders = "\r\n\r\n";

std::string_view view_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Absent where an escape is broken or stands for a control character.
std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hexadecimal(text[i + 1]);
      const int low = hexadecimal(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      constexpr int kBase = 16;
      c = static_cast<char>(high * kBase + low);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20U || byte == 0x7fU) return std::nullopt;
    result += c;
  }
  return result;
}

bool read_query(std::string_view text, HttpRequest& request) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) return false;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = decoded(pair.substr(0, equals));
    const auto value = decoded(pair.substr(std::min(pair.size(), equals + 1)));
    if (!key || key->empty() || !value) return false;
    if (!request.query.emplace(*key, *value).second) return false;
  }
  return true;
}

// "/path?query"
bool read_target(std::string_view target, HttpRequest& request) {
  if (target.empty() || target.front() != '/') return false;
  const std::size_t question = std::min(target.find('?'), target.size());
  const auto path = decoded(target.substr(0, question));
  if (!path) return false;
  request.path = *path;
  return question == target.size() || read_query(target.substr(question + 1), request);
}

bool read_headers(const http::fields& fields, HttpRequest& request) {
  for (const auto& field : fields) {
    std::string name(view_of(field.name_string()));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    // Two hosts mean two things to two readers.
    if (!request.headers.emplace(std::move(name), view_of(field.value())).second) return false;
  }
  return request.headers.size() <= kMostHeaders;
}

}  // namespace

HttpResponse refusal(int status, std::string_view what, std::string_view why, std::string_view fix,
                     std::string_view code) {
  Json error = {{"what", what}};
  if (!why.empty()) error["why"] = why;
  if (!fix.empty()) error["fix"] = fix;
  if (!code.empty()) error["code"] = code;
  return {status, "application/json",
          text_of({{"format_version", kFormatVersion}, {"error", std::move(error)}})};
}

ReadRequest read_request(std::string_view received) {
  const std::size_t end = received.substr(0, kLongestRequest).find(kEndOfHeaders);
  if (end == std::string_view::npos) {
    if (received.size() < kLongestRequest) return Incomplete{};
    return refusal(431, fmt::format("a request has at most {} bytes", kLongestRequest));
  }
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kLongestRequest);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(received.data(), end + kEndOfHeaders.size()), error);
  const bool too_large = error == http::error::body_limit;
  if (!too_large && (error || !parser.is_header_done())) {
    return refusal(400, "this is no request that is understood", error ? error.message() : "");
  }
  if (too_large || parser.chunked() || parser.content_length().value_or(0) > 0) {
    return refusal(413, "requests have no body", {}, "put what is asked into the address");
  }
  const http::request<http::empty_body>& message = parser.get();
  HttpRequest request;
  request.method = view_of(message.method_string());
  if (!read_target(view_of(message.target()), request)) {
    return refusal(400, "the address is not understood");
  }
  if (!read_headers(message, request)) {
    return refusal(400, "there are too many headers, or one comes twice");
  }
  return request;
}

bool is_from_here(const HttpRequest& request, std::uint16_t port) {
  const auto is_own = [port](std::string_view text) {
    return text == fmt::format("127.0.0.1:{}", port) || text == fmt::format("localhost:{}", port);
  };
  if (!is_own(request.header("host"))) return false;
  if (request.headers.count("origin") != 0) {
    constexpr std::string_view kScheme = "http://";
    const std::string origin = request.header("origin");
    if (origin.rfind(kScheme, 0) != 0 || !is_own(origin.substr(kScheme.size()))) return false;
  }
  const std::string site = request.header("sec-fetch-site");
  return site.empty() || site == "same-origin" || site == "none";
}

std::string response_text(const HttpResponse& response, bool with_body) {
  constexpr unsigned kVersion = 11;
  http::response<http::string_body> message(static_cast<http::status>(response.status), kVersion);
  message.set(http::field::content_type, response.type + "; charset=utf-8");
  message.set(http::field::content_length, std::to_string(response.body.size()));
  message.set(http::field::connection, "close");
  message.set(http::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  message.set("Cross-Origin-Resource-Policy", "same-origin");
  message.set("Referrer-Policy", "no-referrer");
  message.set("X-Frame-Options", "DENY");
  if (message.result() == http::status::method_not_allowed) {
    message.set(http::field::allow, "GET, HEAD");
  }
  std::ostringstream text;
  text << message.base();
  if (with_body) text << response.body;
  return text.str();
}

}  // namespace seqspan::cli
